# An image set by hand, set back by hand, and, after an apply, set again: the second time is seen like the first.
shop
expect_exit 0 kubectl set image deployment/web web=traefik/whoami:v1.10.0
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_text '"traefik/whoami:v1\.11\.0" -> "traefik/whoami:v1\.10\.0"' 'kubectl-set'
expect_exit 0 kubectl set image deployment/web web=traefik/whoami:v1.11.0
expect_exit 0 ditc apply "$env" -auto-approve
expect_no_changes

expect_exit 0 kubectl set image deployment/web web=traefik/whoami:v1.10.0
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_text 'image = "traefik/whoami:v1\.11\.0" -> "traefik/whoami:v1\.10\.0" +# by kubectl-set' \
  'image = "traefik/whoami:v1\.10\.0" -> "traefik/whoami:v1\.11\.0"'
expect_exit 0 ditc apply "$env" -auto-approve
expect_value traefik/whoami:v1.11.0 deployment/web '{.spec.template.spec.containers[0].image}'
expect_no_changes
