#!/bin/sh
# As the official image has it: options alone are the server's, and root steps down to the user redis.
set -e
case ${1:-} in
  -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "$1" = redis-server ]; then
  if [ "$(id -u)" = 0 ]; then
    chown -R redis:redis .
    exec setpriv --reuid=redis --regid=redis --clear-groups -- "$0" "$@"
  fi
  # In a container the network is the fence; a file comes before all options, and options that come later win over this one.
  shift
  case ${1:-} in
    '' | -*) set -- redis-server --protected-mode no "$@" ;;
    *)
      file=$1
      shift
      set -- redis-server "$file" --protected-mode no "$@"
      ;;
  esac
fi
exec "$@"
