# Into the containers: what they say, a command in one, a port of one.
shop() {
  environment <<TOML
timeout = "2m"

[services.web]
image    = "ditc.dev/hello"
tag      = "$1"
ports    = [{ port = 80, target = 8080 }]
replicas = ${2:-1}
probe    = { path = "/ready" }
env      = { PRINT = "30" }

[services.crash]
image = "ditc.dev/hello"
tag   = "v1"
ports = [8080]
probe = { path = "/ready" }
env   = { EXIT_AFTER = "500ms", EXIT_CODE = "3", READY_AFTER = "never" }

[services.tools]
image   = "$REDIS_IMAGE"
command = ["sleep", "infinity"]
run_as  = 999

[services.pair]
module = "pair"
TOML
  mkdir -p modules/pair
  echo 'description = "two containers"' >modules/pair/module.toml
  cat >modules/pair/pair.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: { name: pair }
spec:
  selector: { matchLabels: { app: pair } }
  template:
    metadata: { labels: { app: pair } }
    spec:
      initContainers: [{ name: first, image: "ditc.dev/hello:v1", env: [{ name: EXIT_AFTER, value: 0s }] }]
      containers:
        - { name: one, image: "ditc.dev/hello:v1" }
        - { name: two, image: "ditc.dev/hello:v2", env: [{ name: PORT, value: "8081" }] }
YAML
}
# on_a_terminal COMMAND: as somebody types it, with what is typed on stdin; its text is that of the screen.
on_a_terminal() { COLUMNS=80 script --quiet --return --command "$1" /dev/null; }
uid_of() { kubectl get pods -l "ditc.dev/component=$1" -o 'jsonpath={.items[*].metadata.uid}'; }
# What runs beside the story ends with it, however it ends.
trap 'jobs -p | xargs --no-run-if-empty kill 2>/dev/null || true' EXIT
lines() { grep -c -e "$1" <<<"$text" || true; }

shop v1
# One service fails, and the others are there.
expect_exit 1 ditc apply "$env" -auto-approve

# --- what containers say
expect_exit 0 ditc logs "$env/web"
expect_text '^line 1$' '^line 30$' '^hello v1 listens on 8080$'
expect_exit 0 ditc logs "$env.services.web" --tail 2
[[ $(lines '.') == 2 ]] || broken 'more than the last two lines'
expect_exit 0 ditc logs "$env/web" --since 1h --timestamps
expect_text '^20[0-9-]+T[0-9:.]+Z line 1$'
# While it ends, the node has what it said now, and no longer what it said before.
said_before() { ditc logs "$env/crash" --previous | grep -qx 'ending with 3'; }
within 30 said_before
expect_exit 1 ditc logs "$env/web" --previous
expect_words 'previous terminated container .* not found'
expect_exit 0 ditc logs "$env"
expect_text '^web/web-[a-z0-9-]+: line 1$' '^crash/crash-[a-z0-9-]+: ending with 3$' '^pair/pair-[a-z0-9-]+: hello v1 listens on 8080$'
expect_exit 0 ditc logs "$env/pair"
expect_text 'Container one of pod pair-' '^hello v1 listens on 8080$'
expect_exit 0 ditc logs "$env/pair" --container two
expect_text '^hello v2 listens on 8081$'
expect_exit 0 ditc logs "$env/pair" -c first
expect_text '^ending with 0$'
expect_exit 1 ditc logs "$env/pair" -c three
expect_text 'has no container three' 'it has one, two, first'

# Following goes on with whoever comes next: a container that is started again, and a pod in the place of another.
"$DITC" logs "$env/crash" --follow --tail 1 >crash.log 2>&1 &
crash=$!
"$DITC" logs "$env/web" --follow --tail 1 >web.log 2>&1 &
web=$!
within 20 grep -q 'hello v1 listens' web.log
[[ $(grep -c . web.log) == 1 ]] || broken "more than the last line of what was there: $(<web.log)"
shop v2
expect_exit 1 ditc apply "$env" -auto-approve
within 20 grep -q 'hello v2 listens on 8080' web.log
grep -q '^line 1$' web.log || broken 'the new pod is not told from its beginning'
[[ $(grep -c 'hello v2 listens' web.log) == 1 ]] || broken "a line is told twice: $(<web.log)"
twice() { (($(grep -c 'ending with 3' "$1") >= 2)); }
within 90 twice crash.log
kill "$web" "$crash"

# --- a command
expect_exit 0 ditc exec "$env/tools" -- sh -c 'echo out; echo err >&2'
expect_text '^out$' '^err$'
expect_exit 7 ditc exec "$env/tools" -- sh -c 'exit 7'
expect_exit 1 ditc exec "$env/tools" -- absent
expect_words 'the command did not run: .*absent'
expect_exit 1 ditc exec "$env/crash" -c other -- true
expect_text 'has no container other'
expect_exit 0 ditc exec "$env/pair" -c two -- /hello get http://localhost:8081
expect_text '^hello v2$'
# What is piped in ends where its source ends, and all of it comes back, however slowly either reads.
head -c 20000000 /dev/urandom >sent
ditc exec "$env/tools" -i -- cat <sent >received
cmp sent received || broken 'what came back is not what was sent'
[[ $(printf 'one\ntwo\n' | ditc exec "$env/tools" -i -- wc -l) == 2 ]] || broken 'stdin did not come to its end'
# Nobody listens to all of it.
ditc exec "$env/tools" -- sh -c 'while :; do echo y; done' | head -n 1 >/dev/null || true
# With a terminal: the program there has one, of this size a moment later, and what it ends with is what ditc ends with.
expect_exit 5 on_a_terminal "stty rows 33 cols 77; $DITC exec $env/tools -it -- sh -c 'tty; until stty size | grep -v ^0; do sleep 0.1; done; exit 5'"
expect_text '/dev/pts/' '33 77'
# Ctrl-C is a key like others there, and interrupts what runs there.
expect_exit 0 on_a_terminal "$DITC exec $env/tools -it -- sh -c 'trap \"echo caught; exit 0\" INT; echo ready; while :; do sleep 0.1; done'" < <(sleep 3; printf '\003'; sleep 3)
expect_text 'ready' 'caught'
expect_exit 1 ditc exec "$env/tools" -it -- sh
expect_text 'there is none here' 'leave out -t'

# --- a port
"$DITC" port-forward "$env" web 0:80 0:8080 >forward.log 2>&1 &
forward=$!
within 20 grep -q 'for port 8080' forward.log
port_of() { sed -n "s/^Listening on 127.0.0.1:\([0-9]*\) for port $1 of .*/\1/p" forward.log; }
get() { curl --silent --show-error --max-time 20 "http://127.0.0.1:$(port_of "$1")$2"; }
expect_exit 0 get 80 /
expect_text '^hello v2$'
expect_exit 0 get 8080 /env/VERSION
expect_text '^v2$'
# A caller who has said all gets the whole answer.
half() {
  exec 4<>"/dev/tcp/127.0.0.1/$(port_of 80)"
  printf 'GET / HTTP/1.0\r\n\r\n' >&4
  timeout 20 cat <&4
  exec 4>&-
}
expect_exit 0 half
expect_text '^hello v2'
for _ in {1..20}; do get 80 / & done >many
within 30 eval '(($(grep -c "^hello v2$" many) == 20))'
# Another pod takes the place of the one that was reached.
shop v3
expect_exit 1 ditc apply "$env" -auto-approve
says() { [[ $(get 80 /) == "$1" ]]; }
within 20 says 'hello v3'
expect_exit 1 ditc port-forward "$env" tools "$(port_of 80):80"
expect_text "port $(port_of 80) cannot be listened on here" 'Address already in use'
kill "$forward"
# Nobody listens there, and the next connection is another matter.
"$DITC" port-forward "$env.services.web" 0:9999 >closed.log 2>&1 &
forward=$!
within 20 grep -q 'for port 9999' closed.log
closed=$(sed -n 's/^Listening on 127.0.0.1:\([0-9]*\) .*/\1/p' closed.log)
expect_exit 52 curl --silent --max-time 20 "http://127.0.0.1:$closed/"
within 20 grep -q 'warning: nothing listens on port 9999 of pod web-' closed.log
kill -0 "$forward" || broken 'one refused connection ended it'
kill "$forward"
