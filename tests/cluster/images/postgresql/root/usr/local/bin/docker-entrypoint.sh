#!/bin/bash
# The first start makes the data directory, the user, the database, and runs /docker-entrypoint-initdb.d; as the official
# image documents it: https://hub.docker.com/_/postgres
set -euo pipefail

# from_file VARIABLE DEFAULT: its value, or what the file in VARIABLE_FILE holds.
from_file() {
  local file=$1_FILE
  if [[ -n ${!1:-} && -n ${!file:-} ]]; then
    echo "error: both $1 and $file are set" >&2
    exit 1
  fi
  if [[ -n ${!file:-} ]]; then
    export "$1=$(<"${!file}")"
    unset "$file"
  else
    export "$1=${!1:-$2}"
  fi
}

# The server that only the socket in this container reaches, for the time of the preparation.
during_preparation() { pg_ctl --pgdata "$PGDATA" --wait --silent "$@"; }

sql() { psql --no-psqlrc --quiet --no-password --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "${database:-$POSTGRES_DB}" "$@"; }

run_script() {
  echo "running $1"
  case $1 in
    *.sh)
      # shellcheck disable=SC1090 # the user's own
      if [[ -x $1 ]]; then "$1"; else . "$1"; fi
      ;;
    *.sql) sql --file "$1" ;;
    *.sql.gz) gunzip --stdout "$1" | sql ;;
    *) echo "ignoring $1" ;;
  esac
}

prepare() {
  from_file POSTGRES_PASSWORD ''
  from_file POSTGRES_USER postgres
  from_file POSTGRES_DB "$POSTGRES_USER"
  from_file POSTGRES_INITDB_ARGS ''
  local method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256} script
  if [[ -z $POSTGRES_PASSWORD && $method != trust ]]; then
    echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
    echo '       Set POSTGRES_PASSWORD to a value that is not empty.' >&2
    exit 1
  fi
  # shellcheck disable=SC2086 # options, one a word
  initdb --pgdata "$PGDATA" --username "$POSTGRES_USER" --pwfile <(printf '%s\n' "$POSTGRES_PASSWORD") $POSTGRES_INITDB_ARGS
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
  export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
  during_preparation --options "-c listen_addresses=''" start
  if [[ $POSTGRES_DB != postgres ]]; then
    database=postgres sql --set name="$POSTGRES_DB" <<<'CREATE DATABASE :"name"'
  fi
  for script in /docker-entrypoint-initdb.d/*; do
    if [[ -f $script ]]; then run_script "$script"; fi
  done
  during_preparation --mode fast stop
  unset PGPASSWORD
  echo 'PostgreSQL init process complete; ready for start up.'
}

[[ ${1:-} != -* ]] || set -- postgres "$@"
if [[ ${1:-} == postgres ]]; then
  mkdir -p "$PGDATA"
  if ((EUID == 0)); then
    chown -R postgres:postgres "$PGDATA" /var/run/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
  fi
  chmod 700 "$PGDATA" || true
  if [[ ! -s $PGDATA/PG_VERSION ]]; then prepare; fi
fi
exec "$@"
