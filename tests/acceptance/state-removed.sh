# What lies in state/ is only a cache: without it, a plan says the same.
shop
rm -rf state
expect_no_changes
rm -rf state
expect_exit 0 kubectl scale deployment web --replicas=1
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_text 'spec\.replicas = 2 -> 1 +# by kubectl'
rm -rf state
expect_exit 0 ditc apply "$env" -auto-approve
expect_text '^Apply complete! Resources: 0 added, 1 changed, 0 destroyed\.'
rm -rf state
expect_no_changes
