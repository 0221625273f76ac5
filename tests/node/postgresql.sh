# PostgreSQL, as the module makes it: databases, users, settings, and data that outlives its pods.
shop() {
  environment <<TOML
timeout = "3m"

[dependencies.postgresql]
module = "postgresql"

[dependencies.postgresql.inputs]
databases = [$1]
users     = { shop = ["shop"] }
settings  = { max_connections = "$2" }

[services.client]
image   = "$POSTGRESQL_IMAGE"
command = ["sleep", "infinity"]
run_as  = 999

[services.client.env]
PGHOST        = "{{ dependencies.postgresql.host }}"
PGUSER        = "{{ dependencies.postgresql.user }}"
PGPASSWORD    = { secret = "postgresql", key = "postgresql-password" }
SHOP_PASSWORD = { secret = "postgresql-shop", key = "password" }
TOML
}
# sql DATABASE STATEMENT: as the administrator, over the network.
sql() { client psql --no-psqlrc --no-password --tuples-only --no-align --dbname "$1" --command "$2"; }
# shellcheck disable=SC2016 # the variable is the client's
as_shop() { client sh -c 'PGUSER=shop PGPASSWORD=$SHOP_PASSWORD psql --no-psqlrc --no-password --dbname shop --command "$1"' - "$1"; }

shop '"orders"' 40
expect_exit 0 ditc apply "$env" -auto-approve
expect_no_changes

# The passwords that were made are accepted, and no other; what is listed exists.
reached sql orders 'SELECT 1'
expect_exit 0 sql orders 'SELECT current_user'
expect_text '^postgres$'
expect_exit 2 client env PGPASSWORD=wrong psql --no-password --dbname orders --command 'SELECT 1'
expect_text 'password authentication failed for user "postgres"'
expect_exit 2 client env -u PGPASSWORD psql --no-password --dbname orders --command 'SELECT 1'
expect_text 'no password supplied'
expect_exit 2 client env PGUSER=shop psql --no-password --dbname shop --command 'SELECT 1'
expect_text 'password authentication failed for user "shop"'
expect_exit 0 as_shop 'CREATE TABLE products (name text)'
expect_exit 0 client pg_isready --host postgresql-headless
expect_exit 0 sql postgres 'SELECT datname FROM pg_database'
expect_text '^orders$' '^shop$'
expect_no_text '^invoices$'

# Changed inputs roll it and are live, and nothing is lost.
expect_exit 0 sql orders "CREATE TABLE orders (number int); INSERT INTO orders VALUES (42)"
expect_exit 0 sql postgres 'SHOW max_connections'
expect_text '^40$'
shop '"orders", "invoices"' 50
expect_exit 2 ditc plan "$env" -detailed-exitcode
expect_rolled StatefulSet/postgresql 'ConfigMap postgresql-setup'
expect_text "^ *\\+ database 'invoices'" 'max_connections=40.*->.*max_connections=50' '^Plan: 0 to add, 2 to change, 0 to destroy\.'
expect_exit 0 ditc apply "$env" -auto-approve
expect_no_changes
reached sql postgres 'SELECT 1'
expect_exit 0 sql postgres 'SHOW max_connections'
expect_text '^50$'
expect_exit 0 sql invoices 'SELECT 1'
expect_exit 0 sql orders 'SELECT number FROM orders'
expect_text '^42$'

# So it is when its pod ends by itself.
end_pod postgresql-0
reached sql orders 'SELECT 1'
expect_exit 0 sql orders 'SELECT number FROM orders'
expect_text '^42$'
expect_exit 0 as_shop 'SELECT name FROM products'
expect_no_changes
