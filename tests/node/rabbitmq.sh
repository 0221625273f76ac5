# RabbitMQ, as the module makes it: virtual hosts, users, settings, and messages that outlive its pods.
shop() {
  environment <<TOML
timeout = "3m"

[dependencies.rabbitmq]
module = "rabbitmq"

[dependencies.rabbitmq.inputs]
storage    = "128Mi"
vhosts     = [$1]
users      = { orders = ["shop"] }
settings   = { heartbeat = "$2" }
management = $3
TOML
}
# manage METHOD PATH [BODY]: what the management page answers the administrator; its code comes last.
manage() {
  curl --silent --show-error --max-time 10 --user "guest:$(secret rabbitmq rabbitmq-password)" --request "$1" ${3:+--data "$3"} \
    --write-out '\n%{http_code}\n' "http://$(address_of rabbitmq):15672/api/$2"
}
broker() { kubectl exec rabbitmq-0 -- rabbitmqctl --quiet "$@"; }
accepts() { broker authenticate_user "$1" "$(secret "$2" "$3")"; }
expect_waiting() {
  expect_exit 0 broker list_queues --vhost shop name messages
  expect_text '^orders\s1$'
}

shop '"shop"' 30 true
expect_exit 0 ditc apply "$env" -auto-approve
expect_no_changes

# The passwords that were made are accepted, and no other; what is listed exists.
expect_exit 0 accepts guest rabbitmq rabbitmq-password
expect_exit 0 accepts orders rabbitmq-orders password
expect_exit 65 broker authenticate_user guest wrong
expect_text 'invalid credentials'
expect_exit 65 accepts orders rabbitmq rabbitmq-password
expect_exit 0 curl --silent --max-time 10 --user guest:wrong --output refused --write-out '%{http_code}\n' "http://$(address_of rabbitmq):15672/api/whoami"
expect_text '^401$'
expect_exit 0 manage GET permissions
expect_text '"user":"orders","vhost":"shop"' '^200$'
expect_exit 0 manage GET vhosts/more
expect_text '^404$'

# Changed inputs roll it and are live, and what waits in a queue still does.
expect_exit 0 manage PUT queues/shop/orders '{"durable": true}'
expect_text '^201$'
expect_exit 0 manage POST exchanges/shop/amq.default/publish \
  '{"properties": {"delivery_mode": 2}, "routing_key": "orders", "payload": "for jakub", "payload_encoding": "string"}'
expect_text '"routed":true'
expect_exit 0 broker eval '{ok, Seconds} = application:get_env(rabbit, heartbeat), Seconds.'
expect_text '^30$'
shop '"shop", "more"' 45 false
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_rolled StatefulSet/rabbitmq 'ConfigMap rabbitmq-config'
expect_text '^ *- heartbeat = 30' '^ *\+ heartbeat = 45' "^ *\\+ vhost 'more'" '^Plan: 0 to add, 3 to change, 0 to destroy\.'
expect_exit 0 ditc apply "$env" -auto-approve
expect_no_changes
expect_exit 0 broker eval '{ok, Seconds} = application:get_env(rabbit, heartbeat), Seconds.'
expect_text '^45$'
expect_exit 0 broker list_vhosts
expect_text '^more$'
expect_value 5672 service/rabbitmq '{.spec.ports[*].port}'
expect_waiting

# So it is when its pod ends by itself.
end_pod rabbitmq-0
expect_waiting
expect_exit 0 accepts orders rabbitmq-orders password
expect_no_changes
