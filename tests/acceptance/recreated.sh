# An object deleted by hand is made again. One that somebody made anew in its place is theirs, until they delete it.
shop
expect_exit 0 kubectl delete service web
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_text 'Service/web was deleted' '^Plan: 1 to add, 0 to change, 0 to destroy\.'
expect_exit 0 ditc apply "$env" -auto-approve
expect_no_changes

expect_exit 0 kubectl delete deployment web
expect_exit 0 kubectl create deployment web --image=nginx:1
expect_exit 1 ditc plan "$env" -detailed-exitcode
expect_text 'This plan cannot be applied' "! $env\.services\.web/Deployment/web" 'kubectl-create'
expect_exit 1 ditc apply "$env" -auto-approve
expect_value nginx:1 deployment/web '{.spec.template.spec.containers[0].image}'
expect_exit 0 kubectl delete deployment web
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_text 'Deployment/web was deleted' '^Plan: 1 to add, 0 to change, 0 to destroy\.'
expect_exit 0 ditc apply "$env" -auto-approve
expect_no_changes

# Copied with kubectl and put back: the labels alone do not make it ditc's.
copy() { kubectl get deployment web -o yaml "$@" | sed '/^  uid:/d; /^  resourceVersion:/d'; }
copy >web.yaml
copy --show-managed-fields >whole.yaml
expect_exit 0 kubectl delete deployment web
expect_exit 0 kubectl create -f web.yaml
expect_exit 1 ditc plan "$env" -detailed-exitcode
expect_text "! $env\.services\.web/Deployment/web"
expect_exit 0 kubectl delete deployment web

# A whole copy says that ditc applied it, as a backup does: it is ditc's again.
sed -i 's/^  replicas: 2$/  replicas: 4/' whole.yaml
expect_exit 0 kubectl create -f whole.yaml
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_words 'it was deleted and created anew outside of ditc'
expect_text '^Plan: 0 to add, 1 to change, 0 to destroy\.' 'replicas = 4 -> 2'
expect_exit 0 ditc apply "$env" -auto-approve
expect_value 2 deployment/web '{.spec.replicas}'
expect_no_changes
