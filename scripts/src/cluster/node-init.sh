#!/usr/bin/env bash
# The first process of one node, in network, mount, PID, UTS and IPC namespaces of its own: containerd, kubelet and
# kube-proxy at their usual paths. When it ends, the kernel ends the node's pods with it.
#
#   node-init.sh FOLDER NODE NUMBER        started by cluster-init.sh
set -euo pipefail
dir=$1 name=$2 number=$3
home=$dir/nodes/$name
group=snoopy-${dir##*/}

mount --make-rprivate /
mount --make-rshared / # what containerd mounts below /run/netns must reach into pods
hostname "$name"

# sysfs shows the devices of the network namespace in which it was mounted; the cgroups below it are the machine's.
mkdir -p /mnt
mount -t tmpfs tmpfs /mnt
mkdir /mnt/cgroup
mount --rbind /sys/fs/cgroup /mnt/cgroup
mount -t sysfs sysfs /sys
mount --rbind /mnt/cgroup /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf

# What a node writes outside of its own folders stays with it; nothing is made on the machine, not even a mount point.
mkdir /mnt/cluster
mount --rbind "$dir" /mnt/cluster
for folder in /var/lib /var/log /etc; do
  mkdir -p "/mnt/upper$folder" "/mnt/work$folder"
  mount -t overlay overlay -o "lowerdir=$folder,upperdir=/mnt/upper$folder,workdir=/mnt/work$folder" "$folder"
done
mount --rbind /mnt/cluster "$dir"
mount -t tmpfs tmpfs /run
mkdir -p /run/lock
for folder in /var/lib/containerd /var/lib/kubelet /var/log/pods; do
  mkdir -p "$folder" "$home$folder"
  mount --bind "$home$folder" "$folder"
done
rm -rf /etc/cni
mkdir -p /etc/cni/net.d
sed "s/@NUMBER@/$number/" "$dir/cni.conflist" >/etc/cni/net.d/10-cluster.conflist

# kubelet insists on these and would set them for the whole machine: it finds them as it wants them.
fake() {
  mkdir -p "$(dirname "/mnt$1")"
  echo "$2" >"/mnt$1"
  mount --bind "/mnt$1" "$1"
}
fake /proc/sys/vm/overcommit_memory 1
fake /proc/sys/vm/panic_on_oom 0
fake /proc/sys/kernel/panic 10
fake /proc/sys/kernel/panic_on_oops 1
fake /proc/sys/kernel/keys/root_maxkeys 1000000
fake /proc/sys/kernel/keys/root_maxbytes 25000000

sysctl -qw net.ipv4.ip_forward=1

# A cgroup for the node's pods, under each controller (v1) or one for all (v2).
for top in /sys/fs/cgroup /sys/fs/cgroup/*/; do
  [ -e "$top/cgroup.procs" ] || continue
  for path in "$top/$group" "$top/$group/$name"; do
    mkdir -p "$path"
    [ ! -e "$path/cgroup.subtree_control" ] || sed 's/^\|  */ +/g' "$path/cgroup.controllers" >"$path/cgroup.subtree_control" 2>/dev/null || true
    for file in cpuset.cpus cpuset.mems; do
      [ ! -e "$top/cgroup.clone_children" ] || [ ! -e "$path/$file" ] || cat "${path%/*}/$file" >"$path/$file"
    done
  done
done

daemon() {
  local part=$1
  shift
  while :; do
    "$@" >>"$dir/logs/$name-$part.log" 2>&1 || true
    sleep 0.2
  done &
}

daemon containerd containerd --config "$dir/containerd.toml"
for _ in {1..200}; do
  ctr version >/dev/null 2>&1 && break
  sleep 0.05
done
for image in "$dir"/images/*.tar; do
  ctr -n k8s.io images import "$image" >>"$dir/logs/$name-images.log" 2>&1
done

sed "s/@NODE@/$name/" "$dir/kubelet.yaml" >/run/kubelet.yaml
daemon kubelet "$BIN/kubelet" --config=/run/kubelet.yaml --kubeconfig="$dir/kube/$name" --hostname-override="$name" \
  --node-ip="$FABRIC.$((10 + number))" --node-labels="topology.kubernetes.io/zone=zone-${name#node-}"
sed "s/@NODE@/$name/" "$dir/kube-proxy.yaml" >/run/kube-proxy.yaml
daemon kube-proxy "$BIN/kube-proxy" --config=/run/kube-proxy.yaml
wait
