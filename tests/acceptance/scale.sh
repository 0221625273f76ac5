# Somebody scales by hand: the plan says who, which field, from what to what; apply takes it back.
shop
expect_exit 0 kubectl scale deployment web --replicas=5
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_text 'spec\.replicas = 2 -> 5 +# by kubectl' 'spec\.replicas = 5 -> 2' 'kubectl' '\.spec\.replicas' \
  '^Plan: 0 to add, 1 to change, 0 to destroy\.'
expect_value 5 deployment/web '{.spec.replicas}'
expect_exit 0 ditc apply "$env" -auto-approve
expect_text '^Apply complete! Resources: 0 added, 1 changed, 0 destroyed\.'
expect_value 2 deployment/web '{.spec.replicas}'
expect_no_changes
