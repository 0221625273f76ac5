# A Deployment that ditc did not make bears the name of a service: nothing is touched, and the reason is told.
shop
expect_exit 0 kubectl create deployment worker --image=busybox:1.37
cat >>"environments/$env.toml" <<'TOML'

[services.worker]
image = "busybox:1.36"
TOML
expect_exit 0 kubectl get deployment worker -o 'jsonpath={.metadata.uid} {.metadata.generation}'
before=$text
for command in 'plan -detailed-exitcode' 'apply -auto-approve'; do
  # shellcheck disable=SC2086 # a command and its flag
  expect_exit 1 ditc $command "$env"
  expect_text 'This plan cannot be applied' "! $env\.services\.worker/Deployment/worker" 'kubectl-create'
  expect_words 'An object of this name exists, and ditc did not make it'
done
expect_value "$before" deployment/worker '{.metadata.uid} {.metadata.generation}'
expect_value busybox:1.37 deployment/worker '{.spec.template.spec.containers[0].image}'

# As the hint says.
expect_exit 0 kubectl delete deployment.apps/worker
expect_exit 0 ditc apply "$env" -auto-approve
expect_value busybox:1.36 deployment/worker '{.spec.template.spec.containers[0].image}'
expect_no_changes
