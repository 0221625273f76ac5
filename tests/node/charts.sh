# The article's shop as its teams have it: three repositories, each with a chart of its own, followed by a tag, and images
# that their builds push under the commit.
PATH=$("$ROOT/tests/helm/build"):$PATH
export PATH GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.com GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.com

# repository NAME: its chart, and a branch that is called like the tag and must never win.
repository() {
  mkdir -p "../$1/charts"
  cp -R "$ROOT/tests/it/charts/$1" "../$1/charts/$1"
  if [[ $1 == gateway ]]; then
    # Its Service leads there.
    sed -i 's/^          env:$/          env:\n            - name: PORT\n              value: "8000"/' ../gateway/charts/gateway/templates/deployment.yaml
  fi
  git -C "../$1" init --quiet --initial-branch=main
  git -C "../$1" add .
  git -C "../$1" commit --quiet --message "the $1 of the shop"
  git -C "../$1" tag --annotate --message "what runs" dev
  git -C "../$1" checkout --quiet -b dev
  git -C "../$1" commit --quiet --allow-empty --message 'a branch of the same name'
  git -C "../$1" checkout --quiet main
}
commit_of() { git -C "../$1" rev-parse 'refs/tags/dev^{commit}'; }
# push_image NAME VERSION: as the team's build does, under the commit.
push_image() {
  ctr --address "$(dirname "$KUBECONFIG")/containerd.sock" --namespace k8s.io images tag --force "ditc.dev/hello:$2" "ditc.dev/hello:$(commit_of "$1")" >/dev/null
}
# move NAME WORDS: a commit, which the tag stands for from now on.
move() {
  sed -i 's/^replicaCount: .*/replicaCount: 3/' "../$1/charts/$1/values.yaml"
  git -C "../$1" commit --quiet --all --message "$2"
  git -C "../$1" tag --force --annotate --message "what runs" dev >/dev/null
}
gateway_says() { [[ $(curl --silent --max-time 5 "http://$(address_of gateway)/") == "$1" ]]; }

services=
for name in gateway orders products; do
  repository "$name"
  push_image "$name" v1
  services+="
[services.$name]
repo  = \"../$name\"
tag   = \"dev\"
chart = \"charts/$name\"
image = \"ditc.dev/hello\"
[services.$name.values]
replicaCount = 1
"
done
environment <<TOML
timeout = "3m"
[dependencies.postgresql]
module = "postgresql"
inputs = { storage = false }
[dependencies.rabbitmq]
module = "rabbitmq"
[dependencies.redis]
module = "redis"
$services
TOML

first=$(commit_of orders)
expect_exit 0 ditc apply "$env" -auto-approve
expect_no_changes
expect_value "ditc.dev/hello:$first" deployment/orders '{.spec.template.spec.containers[0].image}'
expect_value "$first" deployment/orders '{.metadata.labels.tag}'
within 15 gateway_says 'hello v1'
# What the charts say of their dependencies is true here.
for from in orders products gateway; do
  expect_exit 0 kubectl exec "deployment/$from" -- /hello dial rabbitmq:5672
done
expect_exit 0 kubectl exec deployment/orders -- /hello dial postgresql:5432
expect_exit 0 kubectl exec deployment/products -- /hello dial redis-master:6379

# The tag moves, of two of them. The plan tells by which commit, and the image beside; only an apply rolls it.
gateway_was=$(commit_of gateway)
move gateway 'answer in another way'
move orders 'fix totals'
push_image gateway v2
push_image orders v2
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_words "tag dev moved ${first:0:7} -> $(commit_of orders | cut -c1-7) \(1 commit, \"fix totals\"\)"
expect_words "$gateway_was\" -> .*$(commit_of gateway)"
expect_text '^Plan: 0 to add, 2 to change, 0 to destroy\.'
gateway_says 'hello v1' || broken 'a plan rolled the gateway'
expect_exit 0 ditc apply "$env" -auto-approve
within 30 gateway_says 'hello v2'
expect_value "ditc.dev/hello:$(commit_of orders)" deployment/orders '{.spec.template.spec.containers[0].image}'
# Its environment says how many, whatever the chart has now.
expect_value 1 deployment/orders '{.spec.replicas}'
expect_no_changes

# A tag that is gone is unknown, and nothing is torn down for it.
git -C ../orders tag --delete dev >/dev/null
expect_exit 1 ditc apply "$env" -auto-approve
expect_words 'tag .?dev'
gateway_says 'hello v2' || broken 'the gateway does not answer any more'
expect_value 1 deployment/orders '{.status.readyReplicas}'
