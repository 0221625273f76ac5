# Redis, as the module makes it: with its password and a volume, and beside it one that needs neither.
shop() {
  environment <<TOML
timeout = "3m"

[dependencies.redis]
module = "redis"
inputs = { storage = "64Mi", settings = { maxmemory = "$1" } }

[dependencies.cache]
module = "redis"
inputs = { password = false }

[services.client]
image   = "$REDIS_IMAGE"
command = ["sleep", "infinity"]
run_as  = 999

[services.client.env]
REDISCLI_AUTH = { secret = "redis", key = "redis-password" }
TOML
}
shop 32mb
expect_exit 0 ditc apply "$env" -auto-approve
expect_no_changes

# By the article's names: the password that was made is accepted, and no other.
for host in redis-master redis; do
  expect_exit 0 client redis-cli -h "$host" ping
  expect_text '^PONG$'
done
expect_exit 0 client env REDISCLI_AUTH=wrong redis-cli -h redis-master ping
expect_text '^NOAUTH ' 'WRONGPASS'
expect_exit 0 client env -u REDISCLI_AUTH redis-cli -h redis-master ping
expect_text '^NOAUTH '
expect_exit 0 client env -u REDISCLI_AUTH redis-cli -h cache-master ping
expect_text '^PONG$'

# A changed setting rolls it, and is live; the data stays where a volume was asked for.
expect_exit 0 client redis-cli -h redis-master set order 'for jakub'
expect_exit 0 client redis-cli -h redis-master config get maxmemory
expect_text '^33554432$'
made=$(secret redis redis-password)
shop 48mb
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_rolled StatefulSet/redis-master 'ConfigMap redis-config'
expect_text '^ *- maxmemory 32mb' '^ *\+ maxmemory 48mb' '^Plan: 0 to add, 2 to change, 0 to destroy\.'
expect_exit 0 ditc apply "$env" -auto-approve
expect_no_changes
expect_exit 0 client redis-cli -h redis-master config get maxmemory
expect_text '^50331648$'
expect_exit 0 client redis-cli -h redis-master get order
expect_text '^for jakub$'
[[ $(secret redis redis-password) == "$made" ]] || broken 'a changed setting made another password'

# So it does when a pod ends by itself; without a volume the next one begins empty.
expect_exit 0 client env -u REDISCLI_AUTH redis-cli -h cache-master set order 'for jakub'
end_pod redis-master-0
end_pod cache-master-0
reached client redis-cli -h redis-master ping
reached client env -u REDISCLI_AUTH redis-cli -h cache-master ping
expect_exit 0 client redis-cli -h redis-master get order
expect_text '^for jakub$'
expect_exit 0 client env -u REDISCLI_AUTH redis-cli -h cache-master exists order
expect_text '^0$'
expect_no_changes
