#!/usr/bin/env bash
# npm run bench [-- WORD...]: runs every bench whose path holds one of the words, all without; prints one table and
# writes bench-results.json. Run it on an otherwise idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh demo bench
export PATH="$PWD/node_modules/.bin:$PATH:/usr/sbin:/sbin"
scripts/build.sh
exec node scripts/build/src/bench/main.js "$@"
