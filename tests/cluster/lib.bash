# What `build`, `up`, `down` and `kubectl` share: where things lie, and which processes are ours.
# Sourced, never run. It does not print to stdout: that belongs to the commands' answers.
# shellcheck shell=bash

version=1.36.3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# What every instance runs, and what plays its node: kwok, or the parts of a real one.
control_plane=(etcd kube-apiserver kube-controller-manager kube-scheduler provisioner)
node_parts=(node registry containerd coredns kubelet kube-proxy)

# Sets `parts`, what the instance in directory $1 runs.
find_parts() {
  parts=("${control_plane[@]}")
  if [[ -d $1/node ]]; then parts+=("${node_parts[@]}"); else parts+=(kwok); fi
}

say() { echo "$*" >&2; }
fail() {
  say "error: $1"
  shift
  local line
  for line in "$@"; do say "  $line"; done
  exit 1
}
# As fail, where it is the machine that lacks something: exit code 3, so that tests can tell it from a fault.
unable() { (fail "$@") || exit 3; }

# Sets `base`, the directory of all instances of this user. Others can neither read the tokens in it nor put it there first.
find_base() {
  if [[ -n ${XDG_RUNTIME_DIR:-} && -w ${XDG_RUNTIME_DIR:-} ]]; then
    base=$XDG_RUNTIME_DIR/ditc-test-cluster
  else
    base=${TMPDIR:-/tmp}/ditc-test-cluster-$UID
  fi
  mkdir -p -m 700 "$base" || fail "cannot make the run directory $base"
  [[ -O $base && ! -L $base ]] || fail "$base belongs to somebody else" "help: set TMPDIR to a directory of your own"
  chmod 700 "$base"
  base=$(cd "$base" && pwd -P)
}

# A name becomes a directory, and a socket's path below it must stay under 108 bytes.
check_name() {
  [[ $1 =~ ^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$ ]] ||
    fail "no instance can be called \`$1\`" "help: up to 32 lower-case letters, digits and \`-\`, for example \`tests-2\`"
}

# One `up` or `down` of an instance at a time; the lock ends with its holder, however that ends.
# Descriptor 9 must not reach a process that stays: it would hold the lock for good.
lock_instance() {
  exec 9>"$base/$1.lock"
  flock -n 9 && return 0
  say "another up or down of instance $1 is at work; waiting for it"
  flock -w 120 9 || fail "instance $1 was held by another up or down for 120 s"
}

# When a process started, in clock ticks since boot: with its id it names one process, while an id alone is
# given again. The name before it may hold spaces and brackets, so count from the last bracket.
started_at() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # A zombie has ended, only its parent has not looked yet.
  [[ ${stat##*) } != Z* ]] || return 1
  # shellcheck disable=SC2086 # fields, one a word
  set -- ${stat##*) }
  echo "${20}"
}

# Prints the process id of part $2 of the instance in directory $1, if that very process still runs.
pid_of() {
  local pid since
  read -r pid since 2>/dev/null <"$1/pids/$2" || return 1
  [[ $pid =~ ^[0-9]+$ && $(started_at "$pid") == "$since" ]] || return 1
  echo "$pid"
}

# Ends the given parts of the instance in $1, together: asks, waits, then insists.
end_parts() {
  local run=$1 part pid left
  shift
  for part in "$@"; do
    if pid=$(pid_of "$run" "$part"); then kill -TERM "$pid" 2>/dev/null || true; fi
  done
  # 2 s: nothing is kept, so nothing is lost by insisting.
  for _ in {1..20}; do
    left=no
    for part in "$@"; do if pid_of "$run" "$part" >/dev/null; then left=yes; fi; done
    [[ $left == yes ]] || return 0
    sleep 0.1
  done
  for part in "$@"; do
    if pid=$(pid_of "$run" "$part"); then kill -KILL "$pid" 2>/dev/null || true; fi
  done
  for _ in {1..50}; do
    left=
    for part in "$@"; do if pid_of "$run" "$part" >/dev/null; then left+=" $part"; fi; done
    [[ -n $left ]] || return 0
    sleep 0.1
  done
  fail "these would not end:$left" "help: their process ids are in $run/pids"
}

# Ends everything that `up` started in $1 and removes the directory. The API server goes before etcd:
# without it, it hangs on SIGTERM and keeps its port.
end_instance() {
  if [[ -d $1/node ]]; then end_node "$1"; fi
  end_parts "$1" kwok provisioner kube-scheduler kube-controller-manager
  end_parts "$1" kube-apiserver
  end_parts "$1" etcd
  rm -rf -- "$1"
}

# shellcheck source=node.bash
source "$here/node.bash"
