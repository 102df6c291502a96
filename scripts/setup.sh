#!/usr/bin/env bash
# Installs what this machine lacks for the groups that are named, and says what it does; silent when nothing is
# missing. May be run again at any time.
#
#   scripts/setup.sh demo | test | bench | cluster | images ...
#
# npm packages come by `npm ci`, Debian packages by apt-get from the mirrors that the machine is configured with.
set -euo pipefail
cd "$(dirname "$0")/.."

# Two runs at once wait for each other.
exec 9<package.json
flock 9

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

# group, command that must be there, Debian package that has it, what for
needs='
demo   ip          iproute2                     to make network namespaces
demo   nsenter     util-linux                   to enter them
demo   sysctl      procps                       to set their kernel parameters
demo   iptables    iptables                     to lose and refuse packets
demo   tcpdump     tcpdump                      to see packets
test   clang       clang                        to build the eBPF programs
test   /usr/include/bpf/bpf_helpers.h  libbpf-dev  to build the eBPF programs
test   libbpf.so.1 libbpf1                      to load them
test   tshark      tshark                       to check captures with
test   promtool    prometheus                   to check metrics with, and to be scraped by
test   containerd  containerd                   to run real pods
test   runc        runc                         to run real pods
test   /usr/lib/cni/bridge  containernetworking-plugins  to connect real pods
test   /bin/busybox  busybox-static             to be in real pods
test   ping        iputils-ping                 to run it in pods
test   iperf3      iperf3                       to run it in pods
test   conntrack   conntrack                    to run it in pods
test   ethtool     ethtool                      to run it in pods
test   bpftool     bpftool                      to look at eBPF programs
test   openssl     openssl                      to check certificates with
test   python3     python3                      to make sockets do rare things
test   git         git                          to check the tree with
images   clang     clang                        to build the eBPF programs
images   /usr/include/bpf/bpf_helpers.h  libbpf-dev  to build the eBPF programs
images   buildah   buildah                      to build images, where there is no other builder
images   debootstrap  debootstrap               to make a base image where no registry is reached
cluster  ip        iproute2                     to connect nodes
cluster  unshare   util-linux                   to make nodes
cluster  sysctl    procps                       to set their kernel parameters
cluster  iptables  iptables                     for kube-proxy
cluster  conntrack conntrack                    for kube-proxy
cluster  openssl   openssl                      to make certificates
cluster  containerd  containerd                 to run pods
cluster  runc      runc                         to run pods
cluster  /usr/lib/cni/bridge  containernetworking-plugins  to connect pods
cluster  /bin/busybox  busybox-static           to be in pods
bench  clang       clang                        to build the eBPF programs
bench  /usr/include/bpf/bpf_helpers.h  libbpf-dev  to build the eBPF programs
bench  libbpf.so.1 libbpf1                      to load them
bench  tshark      tshark                       to be compared with
bench  softflowd   softflowd                    to be compared with
bench  fprobe      fprobe                       to be compared with
bench  nfcapd      nfdump                       to receive what those send
bench  promtool    prometheus                   to be scraped by
bench  nginx       nginx                        to be watched at work
bench  wrk         wrk                          to give it work
'

check_machine() {
  [ "$(uname -s)" = Linux ] || fail "this needs Linux: Snoopy works with network namespaces. Here is $(uname -s)."
  [ "$(id -u)" = 0 ] || fail 'this needs root, to make network namespaces and to watch them. Try: sudo npm run ...'
  command -v node >/dev/null || fail 'Node.js is missing; 20.19 or newer is needed: https://nodejs.org'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node.js $(node --version) is too old; 20.19 or newer is needed."
}

present() {
  case $1 in
  /*) [ -e "$1" ] ;;
  *.so.*) compgen -G "/usr/lib*/$1" >/dev/null || compgen -G "/usr/lib/*/$1" >/dev/null ;;
  *) command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] ;;
  esac
}

install_debian() {
  local missing=() group command package why
  while read -r group command package why; do
    [[ " $* " == *" $group "* ]] || continue
    present "$command" && continue
    [[ " ${missing[*]-} " == *" $package "* ]] && continue
    missing+=("$package")
    say "$package is missing ($why)"
  done <<<"$needs"
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || fail "there is no apt-get here; install these by other means: ${missing[*]}"
  say "installing with apt-get: ${missing[*]}"
  without_services apt_get "${missing[@]}"
}

apt_get() {
  local log
  log=$(mktemp)
  local options=(-qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  export DEBIAN_FRONTEND=noninteractive
  if apt-get update -qq -o DPkg::Lock::Timeout=300 >"$log" 2>&1 </dev/null &&
    apt-get install "${options[@]}" "$@" >>"$log" 2>&1 </dev/null; then
    rm -f "$log"
  else
    cat "$log" >&2
    rm -f "$log"
    fail "apt-get could not install $*; its words are above"
  fi
}

# Some packages (prometheus, containerd, softflowd) would start a daemon: tell Debian not to, for this once.
without_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  [ -e "$policy" ] && { "$@"; return; }
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  ("$@") || status=$?
  rm -f "$policy"
  return "$status"
}

install_npm() {
  local stamp=node_modules/.package-lock.json
  if [ ! -e "$stamp" ] || [ package-lock.json -nt "$stamp" ]; then
    say 'installing npm packages with npm ci'
    npm ci --include=dev --no-audit --no-fund --loglevel=error >&2 </dev/null || fail 'npm ci failed; its words are above'
    touch "$stamp"
  fi
}

[ $# -gt 0 ] || fail 'say for what: demo, test, bench, cluster or images'
check_machine
install_debian "$@"
install_npm
