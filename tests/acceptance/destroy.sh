# Somebody debugs in the namespace: destroy leaves everything as it is until their things are gone.
shop
expect_exit 0 kubectl run debug --image=busybox:1.36 --restart=Never -- sleep 1d
expect_exit 1 ditc destroy "$env" -auto-approve
expect_text 'This plan cannot be applied' 'Pod/debug'
expect_value "$env" "namespace/$env" '{.metadata.name}'
expect_no_changes
expect_exit 0 kubectl delete pod debug --now

expect_exit 0 kubectl create deployment debug --image=busybox:1.36
expect_exit 1 ditc destroy "$env" -auto-approve
expect_text 'This plan cannot be applied' 'Deployment/debug'
expect_no_changes
expect_exit 0 kubectl delete deployment debug
# Its pods go after it.
within 30 bash -c '! "$KUBECTL" --namespace "$ENVIRONMENT" get pods -o name | grep debug'

expect_exit 0 ditc destroy "$env" -auto-approve
expect_text '^Destroy complete! Resources: 6 destroyed\.'
within 30 bash -c '! "$KUBECTL" get namespace "$ENVIRONMENT"'
expect_exit 0 ditc destroy "$env" -auto-approve
