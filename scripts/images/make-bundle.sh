#!/usr/bin/env bash
# make-bundle.sh agent|aggregator OUT: the programs of a part as an image has them: OUT/opt/snoopy with the bundle,
# OUT/usr/local/bin with a command for each. Run in a Dockerfile's build stage, or by scripts/images.sh beforehand: then
# the folder `bundle` is there and is taken.
set -euo pipefail
cd "$(dirname "$0")/../.."
part=$1 out=$2

if [ -d bundle ]; then
  mkdir -p "$out"
  cp -a bundle/. "$out/"
  exit
fi

if [ ! -e node_modules/.package-lock.json ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends clang libbpf-dev >/dev/null
  npm ci --no-audit --no-fund --loglevel=error
fi
PATH="$PWD/node_modules/.bin:$PATH" tsc -b
[ "$part" != agent ] || scripts/build-bpf.sh
node scripts/build/src/images/bundle-main.js "$part" "$out/opt/snoopy"

# A program by its name, without env(1), which the aggregator's image does not have.
command() {
  mkdir -p "$out/usr/local/bin"
  printf '#!/usr/local/bin/node --disable-warning=DEP0040\nimport("/opt/snoopy/%s");\n' "$2" >"$out/usr/local/bin/$1"
  chmod 755 "$out/usr/local/bin/$1"
}
case $part in
agent)
  command snoopy-agent agent/build/src/main.js
  command podtracer agent/build/src/podtracer/main.js
  ;;
aggregator)
  command snoopy-aggregator aggregator/build/src/main.js
  command snoopy aggregator/build/src/cli/main.js
  ;;
esac
