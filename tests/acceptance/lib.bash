# What stories are told with. Sourced by `run`, in a workspace of the story's own.
# shellcheck shell=bash
set -Eeuo pipefail
trap 'echo "story: line $LINENO of ${BASH_SOURCE[0]##*/} failed: $BASH_COMMAND" >&2' ERR

env=$ENVIRONMENT
text= # what the last command printed, of both streams

ditc() { "$DITC" "$@"; }
# In the environment's namespace, unless told otherwise.
kubectl() { "$KUBECTL" --namespace "$env" "$@"; }

# The environment's file is what stands on stdin.
environment() { cat >"environments/$env.toml"; }

broken() {
  echo "story: $*"
  exit 1
}

# expect_exit CODE COMMAND…: the command ends with this code; its text is kept for expect_text.
expect_exit() {
  local wanted=$1 code=0
  shift
  echo "\$ $*"
  text=$("$@" 2>&1) || code=$?
  printf '%s\n' "$text"
  ((code == wanted)) || broken "\`$*\` ended with $code, not with $wanted"
}

# expect_text PATTERN…: the last command's text has a line of each extended regular expression.
expect_text() {
  local pattern
  for pattern in "$@"; do
    grep -Eq -e "$pattern" <<<"$text" || broken "the text above has no \`$pattern\`"
  done
}

# The text without its line breaks, for sentences that are wrapped.
expect_words() {
  local joined
  joined=$(tr -s ' \n' ' ' <<<"$text")
  grep -Eq -e "$1" <<<"$joined" || broken "the text above does not say \`$1\`"
}

expect_no_text() {
  if grep -Eq -e "$1" <<<"$text"; then broken "the text above has \`$1\`"; fi
}

# expect_value VALUE RESOURCE JSONPATH: what the server holds.
expect_value() {
  local value
  value=$(kubectl get "$2" -o "jsonpath=$3") || broken "\`kubectl get $2\` failed"
  [[ $value == "$1" ]] || broken "$2 $3 is \`$value\`, not \`$1\`"
}

expect_no_changes() {
  expect_exit 0 ditc plan "$env" -detailed-exitcode
  expect_text '^No changes\.'
}

# within SECONDS COMMAND…: until it succeeds.
within() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < until)) || broken "\`$*\` did not come true in time"
    sleep 0.2
  done
}

# What people and ditc wrote in the namespace, by kind and name.
objects() {
  kubectl get deployments,statefulsets,services,configmaps,secrets,persistentvolumeclaims,ingresses,leases,roles,rolebindings \
    -o name | grep -vx 'configmap/kube-root-ca.crt' | LC_ALL=C sort
}

# The environment that most stories begin with.
shop() {
  environment <<'TOML'
timeout = "1m"

[services.web]
image    = "traefik/whoami"
tag      = "v1.11.0"
ports    = [80]
replicas = 2
TOML
  expect_exit 0 ditc apply "$env" -auto-approve
  expect_text '^Apply complete! Resources: 6 added, 0 changed, 0 destroyed\.'
  expect_no_changes
}
