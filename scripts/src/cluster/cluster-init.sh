#!/usr/bin/env bash
# The first process of a cluster, in mount, PID and network namespaces of its own: makes the network between the nodes,
# keeps the control plane and the nodes running. When it ends, by whatever, the kernel ends all of them and takes the
# network and the mounts away.
#
#   cluster-init.sh FOLDER        FOLDER holds what prepare.ts wrote, cluster.env first of all
set -euo pipefail
export dir=$1
# shellcheck source=/dev/null
source "$dir/cluster.env" # BIN FABRIC (10.89.N) LINK NODES ("node-a node-b")
here=$(dirname "$(realpath "$0")")
pki=$dir/pki
export BIN FABRIC NODES

# Nothing of this is seen outside.
mount --make-rprivate /
mkdir -p /run/netns "$dir"/{etcd,logs,off,pids}
mount -t tmpfs tmpfs /run/netns
mount -t tmpfs tmpfs "$dir/etcd"

# Runs a part again and again, its words in logs/NAME.log. While off/NAME exists it is not started.
keep() {
  local name=$1
  shift
  while :; do
    if [ -e "$dir/off/$name" ]; then
      sleep 0.1
      continue
    fi
    "$@" >>"$dir/logs/$name.log" 2>&1 &
    echo $! >"$dir/pids/$name"
    wait $! || true
    sleep 0.2
  done &
}

# fabric: the bridge that nodes hang on. The control plane listens on its address, the machine has .254 on it.
network() {
  ip link set lo up
  sysctl -qw net.ipv4.ip_forward=1
  ip link add fabric type bridge forward_delay 0 stp_state 0
  ip addr add "$FABRIC.1/24" dev fabric
  ip link set fabric up
  for _ in {1..100}; do
    ip link show "$LINK" >/dev/null 2>&1 && break
    sleep 0.05
  done
  ip link set "$LINK" master fabric up
  local number=0 node
  for node in $NODES; do
    number=$((number + 1))
    ip route add "10.244.$number.0/24" via "$FABRIC.$((10 + number))"
  done
}

# A node's network namespace is made anew with each of its lives.
node() {
  local name=$1 number=$2
  ip netns del "$name" 2>/dev/null || true
  ip link del "port-$number" 2>/dev/null || true
  ip netns add "$name"
  ip link add "port-$number" type veth peer name eth0 netns "$name"
  ip link set "port-$number" master fabric up
  ip -n "$name" link set lo up
  ip -n "$name" addr add "$FABRIC.$((10 + number))/24" dev eth0
  ip -n "$name" link set eth0 up
  ip -n "$name" route add default via "$FABRIC.1"
  local other=0 peer
  for peer in $NODES; do
    other=$((other + 1))
    [ "$other" = "$number" ] || ip -n "$name" route add "10.244.$other.0/24" via "$FABRIC.$((10 + other))"
  done
  exec nsenter --net="/run/netns/$name" -- \
    unshare --pid --mount --uts --ipc --fork --mount-proc --kill-child=KILL "$here/node-init.sh" "$dir" "$name" "$number"
}

apiserver() {
  exec "$BIN/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --advertise-address="$FABRIC.1" --secure-port=6443 \
    --service-cluster-ip-range=10.96.0.0/16 --allow-privileged --authorization-mode=Node,RBAC \
    --enable-admission-plugins=NodeRestriction --client-ca-file="$pki/ca.crt" \
    --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
    --kubelet-preferred-address-types=InternalIP --kubelet-certificate-authority="$pki/ca.crt" \
    --kubelet-client-certificate="$pki/kubelet-client.crt" --kubelet-client-key="$pki/kubelet-client.key" \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$pki/accounts.key" \
    --service-account-signing-key-file="$pki/accounts.key" \
    --audit-policy-file="$dir/audit.yaml" --audit-log-path="$dir/logs/audit.log"
}

controllers() {
  exec "$BIN/kube-controller-manager" --kubeconfig="$dir/kube/kube-controller-manager" --leader-elect=false \
    --use-service-account-credentials --service-account-private-key-file="$pki/accounts.key" \
    --root-ca-file="$pki/ca.crt" --cluster-signing-cert-file="$pki/ca.crt" --cluster-signing-key-file="$pki/ca.key" \
    --node-monitor-grace-period=20s --allocate-node-cidrs=false --flex-volume-plugin-dir="$dir/volume-plugins"
}

network
keep etcd "$BIN/etcd" --name=cluster --data-dir="$dir/etcd" --unsafe-no-fsync --log-level=warn \
  --listen-client-urls=http://127.0.0.1:2379 --advertise-client-urls=http://127.0.0.1:2379 \
  --listen-peer-urls=http://127.0.0.1:2380
keep kube-apiserver apiserver
keep kube-controller-manager controllers
keep kube-scheduler "$BIN/kube-scheduler" --kubeconfig="$dir/kube/kube-scheduler" --leader-elect=false
number=0
for name in $NODES; do
  number=$((number + 1))
  keep "$name" node "$name" "$number"
done
wait
