# What stories of the real node are told with, besides what those of tests/acceptance have. Sourced by `run`.
# shellcheck shell=bash
# shellcheck source=../acceptance/lib.bash
source "$ROOT/tests/acceptance/lib.bash"

# secret NAME KEY: the value that the cluster holds. Into no text that a story prints.
secret() { kubectl get secret "$1" -o "jsonpath={.data.$2}" | base64 --decode; }

address_of() { kubectl get service "$1" -o 'jsonpath={.spec.clusterIP}'; }

# In the service that is there to ask the others; it has the programs of the dependency's own image.
client() { kubectl exec deployment/client -- "$@"; }

is_new_and_ready() {
  [[ $(kubectl get pod "$1" -o 'jsonpath={.metadata.uid} {.status.conditions[?(@.type=="Ready")].status}') == *' True' &&
    $(kubectl get pod "$1" -o 'jsonpath={.metadata.uid}') != "$2" ]]
}

# end_pod POD: it ends, and the next one of its name is ready.
end_pod() {
  local old
  old=$(kubectl get pod "$1" -o 'jsonpath={.metadata.uid}')
  expect_exit 0 kubectl delete pod "$1"
  within 120 is_new_and_ready "$1" "$old"
}

# reached COMMAND…: a pod that is ready is reached through its Service a moment later, when the node's rules follow.
reached() { within 30 "$@"; }

# expect_rolled WORKLOAD CONFIG: the plan above says whose configuration rolls it, however the sentence is wrapped.
expect_rolled() {
  local joined
  joined=$(sed 's/^ *# //' <<<"$text" | tr -s ' \n' ' ')
  grep -Eq "$1 will be updated in-place \((the definition changed; )?rolls because $2 changed:" <<<"$joined" ||
    broken "the plan above does not say that $1 rolls because $2 changed"
}
