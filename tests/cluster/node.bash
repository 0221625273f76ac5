# A real node: containerd, kubelet, kube-proxy and CoreDNS, in namespaces of their own. Sourced by lib.bash.
# shellcheck shell=bash
#
# Each node has a number N, so that several can run on one machine:
#   10.244.N.0/24  its pods, each on a link of its own that the node routes
#   10.245.N.1     the machine's end of the link `ditcN`; there the API server listens
#   10.245.N.2     the node's end; there CoreDNS and the kubelet listen
#   10.96.N.0/24   the Services
# The machine sends all three ranges into the node, and the node has no way out but that link: no packet for a
# pod or a Service, whether anybody serves it or not, can leave the machine. Images are never pulled.

node_name=node
# What a node is made of, as Debian calls it: a command, and the package that has it.
node_packages=(containerd:containerd runc:runc iptables:iptables conntrack:conntrack ip:iproute2 /usr/lib/cni/ptp:containernetworking-plugins)

# Installs what is missing of Debian's packages.
need_node_packages() {
  ((UID == 0)) || unable "only root can make a node" "help: without --node an instance needs no root"
  unshare --fork --pid --mount --net true 2>/dev/null || unable "a node needs namespaces, and this machine lets not even root make them"
  local pair missing=()
  for pair in "${node_packages[@]}"; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || unable "a node needs, under Debian's names: ${missing[*]}"
  say "installing ${missing[*]}"
  if ! DEBIAN_FRONTEND=noninteractive timeout 300 bash -c 'apt-get -qq update && apt-get -qq install -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"' - "${missing[@]}" >"$base/.apt.log" 2>&1; then
    tail -n 5 "$base/.apt.log" >&2
    unable "could not install ${missing[*]}" "help: apt-get update && apt-get install ${missing[*]}"
  fi
}

# Makes the namespaces and their link to the machine. Sets `inside`, the words that run a command in them,
# and the addresses: `address` of the machine's end, `node_address`, `node_number`.
start_namespaces() {
  local init number
  mkdir -m 700 node node/cni node/images volumes
  # --kill-child: whoever kills `unshare` kills the first process, and the kernel then all others of the namespace.
  start node unshare --fork --kill-child --pid --mount --net --mount-proc -- "$here/node-init" "$run" "$bin"
  wait_for "the node's namespaces" test -f node/inside
  init=$(first_child "$(pid_of "$run" node)") || fail "the node ended as soon as it began"
  inside=(nsenter --target "$init" --mount --net --pid --)

  # Making the link is what claims the number. It is made from inside: so it goes with the namespace, whatever happens to us.
  for ((number = 0; number < 200; number++)); do
    if nsenter --target "$init" --net ip link add eth0 type veth peer name "ditc$number" netns $$ 2>>logs/node.log; then break; fi
    [[ -d /sys/class/net/ditc$number ]] || fail "could not make the link ditc$number: $(tail -n 1 logs/node.log)"
  done
  ((number < 200)) || fail "the links ditc0 to ditc199 are all in use"
  # A link's index is never given twice, so nobody takes another node's link for this one.
  echo "$number $(<"/sys/class/net/ditc$number/ifindex")" >node/link
  node_number=$number address=10.245.$number.1 node_address=10.245.$number.2
  services=10.96.$number.0/24 first_service=10.96.$number.1

  nsenter --target "$init" --net bash -euc 'ip address add "$1/30" dev eth0; ip link set eth0 up' - "$node_address"
  ip address add "$address/30" dev "ditc$number"
  ip link set "ditc$number" up
  ip route add "10.244.$number.0/24" via "$node_address"
  ip route add "$services" via "$node_address"
}

# start_inside PART COMMAND…: in the node. What it writes, the users in containers must be able to read.
start_inside() {
  local part=$1
  shift
  umask 022
  start "$part" "${inside[@]}" "$@"
  umask 077
}

first_child() {
  local child
  # The kernel ends the line with a blank, not with a line feed.
  read -r child _ <"/proc/$1/task/$1/children" || [[ -n $child ]] || return 1
  echo "$child"
}

# The container runtime, and the images in it: neither needs the API server, so they start beside it.
start_containerd() {
  cat >node/containerd.toml <<TOML
version = 2
root = "$run/node/containerd"
state = "$run/node/containerd-state"
[grpc]
  address = "$run/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "ditc.dev/test/pause:1"
  # Where the machine itself may not lower a process's score (CAP_SYS_RESOURCE), runc would die.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$run/node/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$run/node/registries"
TOML
  # It refuses whatever it is asked for; on the node's loopback interface, which is the node's alone.
  mkdir -p node/registries/registry.test
  # Named twice, since containerd 1.6 looks at no file without a [host], and asks the server where that one does not know.
  printf 'server = "%s"\n[host."%s"]\n  capabilities = ["pull", "resolve"]\n' http://127.0.0.1:5000{,} >node/registries/registry.test/hosts.toml
  start_inside registry "$bin/registry"
  # A link of its own for each pod: what goes from pod to pod through a Service comes back through the node, which no bridge promises.
  cat >node/cni/10-ditc.conflist <<JSON
{"cniVersion": "0.4.0", "name": "ditc", "plugins": [{"type": "ptp", "ipam": {
  "type": "host-local", "dataDir": "$run/node/addresses",
  "ranges": [[{"subnet": "10.244.$node_number.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
  start_inside containerd containerd --config "$run/node/containerd.toml"
  wait_for "containerd" ctr --address containerd.sock version
}

# Puts the archives $images into containerd, the dependencies under the names that the built-in modules use.
import_images() {
  local archive module names name
  for archive in $images; do ctr --address containerd.sock --namespace k8s.io images import "$archive" || return 1; done
  for module in redis postgresql rabbitmq; do
    names=$("$here/images/names" "$module") || return 1
    for name in $names; do
      # As containerd spells it: a name without a host or a slash is one of the library's.
      ctr --address containerd.sock --namespace k8s.io images tag --force "ditc.dev/test/$module:1" "docker.io/library/$name" || return 1
    done
  done
}

# The control groups of a node lie below one of its own, in each hierarchy that there is.
node_groups() {
  local group
  if [[ -f /sys/fs/cgroup/cgroup.controllers ]]; then
    echo "/sys/fs/cgroup/ditc-test-cluster-$1"
  else
    for group in /sys/fs/cgroup/*/cgroup.procs; do
      group=${group%/cgroup.procs}
      if [[ ! -L $group ]]; then echo "$group/ditc-test-cluster-$1"; fi
    done
  fi
}

# The rest of the node; the API server answers.
start_node() {
  local group
  while read -r group; do mkdir -p "$group"; done < <(node_groups "$node_number")
  cat >node/kubelet.yaml <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $node_address
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: $run/pki/ca.crt}}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
cgroupRoot: /ditc-test-cluster-$node_number
clusterDNS: [$node_address]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix://$run/containerd.sock
# What ails the machine's disk is no affair of the tests.
evictionHard: {}
imageGCHighThresholdPercent: 100
failCgroupV1: false
failSwapOn: false
podLogsDir: $run/node/pods
volumePluginDir: $run/node/plugins
YAML
  cat >node/proxy.yaml <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $run/pki/proxy.kubeconfig}
clusterCIDR: 10.244.$node_number.0/24
# Limits of connection tracking are the machine's, not ours.
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
hostnameOverride: $node_name
mode: iptables
YAML
  # Names outside the cluster do not exist. The answer says for how long: without, some resolvers keep it for good.
  cat >node/Corefile <<COREFILE
cluster.local in-addr.arpa {
  bind $node_address
  errors
  kubernetes {
    kubeconfig $run/pki/machinery.kubeconfig
    ttl 1
  }
}
. {
  bind $node_address
  errors
  template ANY ANY {
    rcode NXDOMAIN
    authority ". 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 60 60 60 5"
  }
}
COREFILE
  start_inside coredns "$bin/coredns" -conf "$run/node/Corefile"
  start_inside kubelet "$bin/kubelet" --config="$run/node/kubelet.yaml" --kubeconfig="$run/pki/kubelet.kubeconfig" \
    --root-dir="$run/node/kubelet" --hostname-override="$node_name" --node-ip="$node_address"
  start_inside kube-proxy "$bin/kube-proxy" --config="$run/node/proxy.yaml"
}

dns_listens() { (exec 3<>"/dev/tcp/$node_address/53") 2>/dev/null; }

# Ends the node of the instance in $1. Its first process takes all others with it; nothing of it is asked to end well,
# because nothing of it is kept.
end_node() {
  local pid number index
  if pid=$(pid_of "$1" node); then kill -KILL "$pid" 2>/dev/null || true; fi
  end_parts "$1" "${node_parts[@]}"
  read -r number index 2>/dev/null <"$1/node/link" || return 0
  # The kernel takes the namespaces down some time after the last process is gone.
  for _ in {1..100}; do
    case $(cat "/sys/class/net/ditc$number/ifindex" 2>/dev/null) in
      "$index") ;;
      '')
        remove_groups "$number" && return 0
        ;;
      # Another node's by now, groups and all.
      *) return 0 ;;
    esac
    sleep 0.1
  done
  fail "the node of instance $(basename "$1") does not end" "help: look at the link ditc$number and at $(node_groups "$number" | head -n 1)"
}

remove_groups() {
  local group left=no
  while read -r group; do
    [[ -d $group ]] || continue
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || left=yes
  done < <(node_groups "$1")
  [[ $left == no ]]
}
