# At night somebody asks what moved: who did what by hand is told, and nothing of what controllers do.
shop
expect_exit 0 ditc drift "$env"
expect_text '^No drift\.'

expect_exit 0 kubectl scale deployment web --replicas=5
expect_exit 0 kubectl delete service web
expect_exit 0 kubectl run debug --image=busybox:1.37
expect_exit 0 kubectl annotate deployment web example.com/note=x
expect_exit 2 ditc drift "$env"
expect_text 'spec\.replicas = 2 -> 5 +# by kubectl' 'Service/web was deleted' 'Pod/debug is not described, made by kubectl-run' \
  'example\.com/note.* = "x" +# by kubectl-annotate' '^Drift: 1 changed, 1 deleted, 1 foreign object\.'
expect_value 5 deployment/web '{.spec.replicas}'

# The files have no say in it.
echo 'nonsense = true' >>"environments/$env.toml"
expect_exit 2 ditc drift "$env" -json
expect_text '"status": "drift"' '"manager": "kubectl"' '"name": "debug"'
sed -i '$d' "environments/$env.toml"

expect_exit 0 ditc apply "$env" -auto-approve
expect_exit 2 ditc drift "$env"
expect_text '^Drift: 1 foreign object\.'
expect_exit 0 kubectl delete pod debug --now
expect_exit 0 ditc drift "$env"
expect_exit 2 ditc drift "$env" -strict
expect_text '^Drift: 1 added field\.'

# An environment whose file is gone is found in the cluster.
mv "environments/$env.toml" kept.toml
environment2="$env-never"
echo >"environments/$environment2.toml"
expect_exit 2 ditc drift --all
expect_text "^$env +no file" "^$environment2 +never applied"
mv kept.toml "environments/$env.toml"
expect_exit 0 ditc drift "$env" "$env-*"
