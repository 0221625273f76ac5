# The article's environment: three dependencies, and a service that finds them by name and follows its tag.
shop() {
  environment <<TOML
timeout = "3m"

[dependencies.postgresql]
module = "postgresql"
inputs = { storage = false }
[dependencies.rabbitmq]
module = "rabbitmq"
[dependencies.redis]
module = "redis"

[services.web]
image    = "ditc.dev/hello"
tag      = "$1"
ports    = [{ port = 80, target = 8080 }]
replicas = 2
probe    = { path = "/ready" }

[services.web.env]
DB_HOST     = "{{ dependencies.postgresql.host }}"
DB_PASSWORD = { secret = "postgresql", key = "postgresql-password" }
TOML
}
hello() { kubectl exec deployment/web -- /hello "$@"; }
# What the service answers each of several times, each answer once.
versions() {
  local _
  for _ in {1..10}; do curl --silent --show-error --max-time 5 "http://$(address_of web)/" || return; done | sort -u
}

all_say() { [[ $(versions) == "$1" ]]; }

shop v1
expect_exit 0 ditc apply "$env" -auto-approve
expect_no_changes
# The node's proxy learns of a pod a moment after everybody else.
within 10 all_say 'hello v1'

# Services reach what they need by the names that charts of old use.
for to in postgresql:5432 postgresql-headless:5432 rabbitmq:5672 rabbitmq:15672 redis-master:6379 redis:6379; do expect_exit 0 hello dial "$to"; done
expect_exit 0 hello get http://web
expect_exit 0 hello get http://localhost:8080/env/DB_HOST
expect_text '^postgresql$'
expect_exit 0 hello get http://localhost:8080/env/DB_PASSWORD
[[ $text == "$(secret postgresql postgresql-password)" ]] || broken 'the service has another password than the Secret'
expect_exit 0 kubectl logs deployment/web
expect_text '^hello v1 listens on 8080$'
kubectl port-forward service/web :80 >forward 2>&1 &
forward=$!
within 10 grep -q '^Forwarding' forward
expect_exit 0 curl --silent --max-time 5 "$(sed -n 's/^Forwarding from \(127[^ ]*\).*/\1/p' forward)"
expect_text '^hello v1$'
kill "$forward"

# The tag moves: the plan shows it, nothing else; only apply rolls it.
shop v2
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_text 'image = "ditc\.dev/hello:v1" -> "ditc\.dev/hello:v2"' '^Plan: 0 to add, 1 to change, 0 to destroy\.'
expect_exit 0 versions
[[ $text == 'hello v1' ]] || broken 'the plan rolled it'
expect_exit 0 ditc apply "$env" -auto-approve
within 10 all_say 'hello v2'
expect_no_changes

# At the end nothing is left, claims and their volumes included.
expect_exit 0 ditc destroy "$env" -auto-approve
expect_exit 1 kubectl get namespace "$env"
