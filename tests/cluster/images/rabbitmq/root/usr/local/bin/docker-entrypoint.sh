#!/bin/bash
# As the official image has it: the server itself reads RABBITMQ_DEFAULT_USER, RABBITMQ_DEFAULT_PASS and the cookie; root
# steps down to the user rabbitmq.
set -euo pipefail
if [[ ${1:-} == rabbitmq* ]] && ((EUID == 0)); then
  [[ $1 != rabbitmq-server ]] || chown -R rabbitmq:rabbitmq /var/lib/rabbitmq
  exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups -- "$0" "$@"
fi
exec "$@"
