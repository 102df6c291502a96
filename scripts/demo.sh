#!/usr/bin/env bash
# npm run demo [-- --duration 15s] [-- -o json]: a small shop in network namespaces, watched by Snoopy. See --help.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh demo
export PATH="$PWD/node_modules/.bin:$PATH:/usr/sbin:/sbin"
(flock 9 && tsc -b) 9<package.json >&2 || { echo 'the build failed; its words are above' >&2; exit 1; }
exec node scripts/build/src/demo/main.js "$@"
