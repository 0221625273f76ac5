#!/bin/sh
# Runs beside the server at every start, and makes what is missing; the pod is not ready before it has ended well.
set -eu
export PGHOST=127.0.0.1 PGUSER=postgres PGDATABASE=postgres PGPASSWORD="$POSTGRES_PASSWORD"

# Over TCP, since the first start listens on the socket alone while it makes the data directory.
tries=0
until pg_isready --quiet; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || exit 1
  sleep 1
done

ask() {
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$@"
}

database() {
  ask --set name="$1" <<'SQL'
SELECT format('CREATE DATABASE %I', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
SQL
}

# A user with the password that a file holds.
user() {
  PASSWORD_FILE="$2"
  export PASSWORD_FILE
  ask --set name="$1" <<'SQL'
\set password `cat "$PASSWORD_FILE"`
SELECT format('CREATE ROLE %I', :'name')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" WITH LOGIN PASSWORD :'password';
SQL
}

grant() {
  PGDATABASE="$2"
  ask --set user="$1" --set database="$2" <<'SQL'
GRANT ALL ON DATABASE :"database" TO :"user";
GRANT ALL ON SCHEMA public TO :"user";
SQL
  PGDATABASE=postgres
}

user postgres /etc/ditc/secrets/postgres
{% for database in inputs.databases %}
database '{{ database | replace("'", "'\\''") }}'
{% endfor %}
{% for user in inputs.users %}
user '{{ user | replace("'", "'\\''") }}' /etc/ditc/secrets/user-{{ loop.index }}
{% for database in inputs.users[user] %}
database '{{ database | replace("'", "'\\''") }}'
grant '{{ user | replace("'", "'\\''") }}' '{{ database | replace("'", "'\\''") }}'
{% endfor %}
{% endfor %}
