#!/usr/bin/env bash
# npm run build:               TypeScript and the kernel programs.
# scripts/build.sh typescript: the former alone.
# scripts/build.sh test:       what `npm run build` makes and what tests need besides, without leftovers.
# Builds of one folder take turns: they would write the same files.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-all}
export PATH="$PWD/node_modules/.bin:$PATH"

exec 8<package.json
flock -n 8 || { echo 'build: another build runs in this folder; this one waits for it' >&2 && flock 8; }

# The plugins that .taprc names are built once after each installation.
if [ "$what" = test ] && { [ ! -e node_modules/.tap-built ] || [ node_modules/.package-lock.json -nt node_modules/.tap-built ]; }; then
  tap build >/dev/null
  touch node_modules/.tap-built
fi

tsc -b
[ "$what" != typescript ] || exit 0
scripts/build-bpf.sh
[ "$what" = test ] || exit 0

# tsc leaves the output of sources that are gone
for built in {proto,agent,aggregator,scripts}/build/test; do
  find "$built" -name '*.test.js' 2>/dev/null | while read -r path; do
    source=${path/build\//}
    [ -e "${source%.js}.ts" ] || rm -f "$path"
  done
done
