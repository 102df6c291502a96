#!/usr/bin/env bash
# npm run images [-- OPTIONS]: builds the images of agent and aggregator with docker, podman or buildah. See --help.
set -euo pipefail
cd "$(dirname "$0")/.."
group=images
for builder in docker podman; do command -v "$builder" >/dev/null && group=demo; done
scripts/setup.sh "$group"
export PATH="$PWD/node_modules/.bin:$PATH:/usr/sbin:/sbin"
scripts/build.sh typescript >&2 || { echo 'the build failed; its words are above' >&2; exit 1; }
exec node scripts/build/src/images/main.js "$@"
