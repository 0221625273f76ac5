# Apply is killed in the middle and its local state is lost: the next one finishes the job, as soon as the dead one's
# claim on the environment has run out, which takes up to 15 s each time.
big() {
  environment <<'TOML'
timeout = "1m"
[dependencies.redis]
module = "redis"
[services.web]
image = "traefik/whoami:v1.11.0"
ports = [80]
[services.worker]
image = "busybox:1.36"
TOML
}
small() {
  environment <<'TOML'
timeout = "1m"
[services.web]
image = "traefik/whoami:v1.10.0"
TOML
}

# Kills apply as soon as it has printed this many lines about objects; it is told whether it got that far.
killed_after() {
  local lines=$1 pid code=0
  "$DITC" apply "$env" -auto-approve >apply.log 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    if (($(grep -c '\.\.\.$\| after ' apply.log || true) >= lines)); then break; fi
    sleep 0.01
  done
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || code=$?
  echo "apply, killed after $lines lines, ended with $code"
  if ((code == 137)); then killed=$((killed + 1)); else tail -n 5 apply.log; fi
  rm -rf state
}

whole='configmap/ditc
configmap/redis-config
deployment.apps/web
deployment.apps/worker
secret/redis
service/redis
service/redis-master
service/web
statefulset.apps/redis-master'
part='configmap/ditc
deployment.apps/web'

killed=0
for lines in 2 7; do
  big
  killed_after "$lines"
  expect_exit 0 ditc apply "$env" -auto-approve
  expect_no_changes
  [[ $(objects) == "$whole" ]] || broken "after a kill at line $lines there are: $(objects)"

  # And when most of it is to go.
  small
  killed_after "$lines"
  expect_exit 0 ditc apply "$env" -auto-approve
  expect_no_changes
  [[ $(objects) == "$part" ]] || broken "after a kill at line $lines of removing there are: $(objects)"
done
((killed >= 3)) || broken "only $killed runs were killed before they were done"

expect_exit 0 ditc destroy "$env" -auto-approve
within 30 bash -c '! "$KUBECTL" get namespace "$ENVIRONMENT"'
