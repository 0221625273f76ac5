# Labels removed by hand, ditc's own among them, are seen and put back; the object is not taken for a foreign one.
shop
uid=$(kubectl get deployment web -o 'jsonpath={.metadata.uid}')
expect_exit 0 kubectl label deployment web app-
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_text '\+ metadata\.labels\.app = "web"'
expect_exit 0 ditc apply "$env" -auto-approve
expect_value web deployment/web '{.metadata.labels.app}'
expect_no_changes

for label in ditc.dev/component ditc.dev/environment app.kubernetes.io/managed-by; do
  expect_exit 0 kubectl label deployment web "$label-"
  expect_exit 2 ditc plan "$env" -detailed-exitcode
  expect_text "\\+ metadata\\.labels\\[\"$label\"\\] = " '^Plan: 0 to add, 1 to change, 0 to destroy\.'
  expect_exit 0 ditc apply "$env" -auto-approve
  expect_no_changes
done
# All at once, and without a local memory of the object.
expect_exit 0 kubectl label deployment web ditc.dev/component- ditc.dev/environment- app.kubernetes.io/managed-by-
rm -rf state
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_text '^Plan: 0 to add, 1 to change, 0 to destroy\.'
expect_exit 0 ditc apply "$env" -auto-approve
expect_value "$uid $env web ditc" deployment/web \
  '{.metadata.uid} {.metadata.labels.ditc\.dev/environment} {.metadata.labels.ditc\.dev/component} {.metadata.labels.app\.kubernetes\.io/managed-by}'
expect_no_changes
