#!/bin/sh
# Runs beside the broker at every start, and makes what is missing; the pod is not ready before it has ended well.
set -eu

ask() {
  rabbitmqctl --silent "$@"
}

tries=0
until ask await_startup > /dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 120 ] || exit 1
  sleep 1
done
vhosts=$(ask list_vhosts name)
users=$(ask list_users | cut -f 1)

has() {
  printf '%s\n' "$1" | grep -Fxq -- "$2"
}

vhost() {
  has "$vhosts" "$1" && return
  ask add_vhost "$1"
  vhosts=$(printf '%s\n%s' "$vhosts" "$1")
}

# A user with the password that a file holds.
user() {
  if has "$users" "$1"; then
    ask change_password "$1" < "$2" > /dev/null
  else
    ask add_user "$1" < "$2" > /dev/null
  fi
}

grant() {
  ask set_permissions -p "$2" "$1" '.*' '.*' '.*'
}

{% set administrator = inputs.user | replace("'", "'\\''") %}
user '{{ administrator }}' /etc/ditc/secrets/administrator
ask set_user_tags '{{ administrator }}' administrator
grant '{{ administrator }}' /
{% for vhost in inputs.vhosts %}
vhost '{{ vhost | replace("'", "'\\''") }}'
grant '{{ administrator }}' '{{ vhost | replace("'", "'\\''") }}'
{% endfor %}
{% for user in inputs.users %}
user '{{ user | replace("'", "'\\''") }}' /etc/ditc/secrets/user-{{ loop.index }}
{% for vhost in inputs.users[user] %}
vhost '{{ vhost | replace("'", "'\\''") }}'
grant '{{ user | replace("'", "'\\''") }}' '{{ vhost | replace("'", "'\\''") }}'
{% endfor %}
{% endfor %}
