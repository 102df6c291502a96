#!/usr/bin/env bash
# Compiles agent/bpf/*.bpf.c into agent/build/bpf/*.o, each with its SHA-256 beside it, which the agent checks before
# it loads the file. Does nothing for what is up to date. Without clang it says so and succeeds: the agent then counts
# from packets and says why.
set -euo pipefail
cd "$(dirname "$0")/.."
source=agent/bpf
target=agent/build/bpf

skip() {
  printf 'build-bpf: %s; the agent will count flows from packets (Debian: apt-get install clang libbpf-dev)\n' "$*" >&2
  rm -rf "$target"
  exit 0
}

outdated() {
  local object=$target/$1.o
  [ ! -e "$object.sha256" ] || [ -n "$(find "$source" "$0" -newer "$object.sha256" -type f -print -quit)" ]
}

compile() {
  local object=$target/$1.o
  # -g: the types (BTF) without which nothing is relocated; the line tables beside them are not needed.
  clang -O2 -g -Wall -Werror -mcpu=v3 -target bpf -D__TARGET_ARCH_"$arch" -I"/usr/include/$machine-linux-gnu" \
    -c "$source/$1.bpf.c" -o "$object"
  sha256sum "$object" | cut -d' ' -f1 >"$object.sha256"
}

machine=$(uname -m)
case $machine in
x86_64) arch=x86 ;;
aarch64) arch=arm64 ;;
*) skip "there are no eBPF programs for $machine" ;;
esac

mkdir -p "$target"
# Two builds at once wait for each other.
exec 9<"$source/kernel.h"
flock 9

work=()
for file in "$source"/*.bpf.c; do
  name=$(basename "$file" .bpf.c)
  if outdated "$name"; then work+=("$name"); fi
done
[ ${#work[@]} -gt 0 ] || exit 0
command -v clang >/dev/null || skip 'clang is missing'
[ -e /usr/include/bpf/bpf_helpers.h ] || skip 'the headers of libbpf are missing'
for name in "${work[@]}"; do compile "$name"; done
