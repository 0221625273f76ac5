# What `test` and `test-node` share: a run directory of their own, and checks. Sourced.
# shellcheck shell=bash
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
export TMPDIR=$scratch
unset XDG_RUNTIME_DIR KUBECONFIG DITC_TEST_CLUSTER
base=$scratch/ditc-test-cluster-$UID
passed=0 failed=0 helpers=()

at_exit() {
  "$here/down" --all >/dev/null 2>&1
  ((${#helpers[@]})) && kill "${helpers[@]}" 2>/dev/null
  rm -rf -- "$scratch"
}
trap at_exit EXIT

# check WHAT COMMAND…: the command must succeed.
check() {
  local what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "ok      $what"
  else
    failed=$((failed + 1))
    echo "FAILED  $what"
    tail -n 8 "$scratch/err" 2>/dev/null | sed 's/^/          /'
  fi
}
# run COMMAND…: leaves its answer in $out, its code in $code, what it told in $scratch/err.
run() {
  out=$(timeout 120 "$@" 2>"$scratch/err" | tail -n 1)
  code=$?
}
told() { grep -q -- "$1" "$scratch/err"; }
kubectl() { DITC_TEST_CLUSTER=${instance:-a} timeout 60 "$here/kubectl" "$@"; }
ids() { cut -d' ' -f1 "$base/$1"/pids/* | sort; }
none_runs() {
  local id
  for id in "$@"; do
    if [[ -d /proc/$id ]] && ! grep -q '^State:.Z' "/proc/$id/status" 2>/dev/null; then return 1; fi
  done
}
# Waits 20 s at most until a command succeeds.
soon() {
  local _
  for _ in {1..100}; do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.2
  done
  return 1
}

tell_result() {
  echo "$passed passed, $failed failed"
  ((failed == 0))
}
