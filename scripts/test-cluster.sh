#!/usr/bin/env bash
# npm run test:cluster [-- FILE...]: brings up a Kubernetes cluster of two nodes on this machine, loads the images, and
# runs the tests that install the chart there (*.cluster.test.ts), one after the other.
#
# The first time, Kubernetes is built from source, which takes Go and 5 to 20 minutes. With CI=true it is not: without
# the programs of an earlier run these tests are skipped, with the reason.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
  printf '\nskipped: the tests in a cluster: %s\n' "$1"
  echo 'tests: 0 passed, 0 failed, 1 skipped'
  exit 0
}
command -v go >/dev/null || scripts/build-kubernetes.sh --check >/dev/null 2>&1 || skip 'Go is missing, which builds Kubernetes'
if [ "${CI:-}" = true ]; then
  scripts/build-kubernetes.sh --check >/dev/null 2>&1 ||
    skip 'Kubernetes is not built yet, which takes too long here; scripts/build-kubernetes.sh builds it, once'
fi
[ "$(df -k --output=avail /var/lib | tail -1)" -gt 8000000 ] || skip '8 GB are needed below /var/lib'

scripts/setup.sh demo test cluster images
SNOOPY_KUBERNETES=$(scripts/build-kubernetes.sh)
export SNOOPY_KUBERNETES PATH="$PWD/node_modules/.bin:$PATH:/usr/sbin:/sbin"
scripts/build.sh test

files=()
for path in "$@"; do files+=("$(sed -E 's,^scripts/test,scripts/build/test,; s,\.ts$,.js,' <<<"$path")"); done
[ ${#files[@]} -gt 0 ] || mapfile -t files < <(find scripts/build/test -name '*.cluster.test.js' | sort)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scripts/images.sh --out "$work/images"
cat >"$work/run" <<'END'
set -uo pipefail
work=$1
shift
node scripts/build/src/cluster/main.js --name "$SNOOPY_CLUSTER" load "$work"/images/*.tar || exit
run() {
  tap run --jobs=1 --timeout=300 --exclude='**/*.long.test.js' "$@" </dev/null |
    node scripts/build/src/test-run/main.js "$work/results" ${again:+again}
}
run "$@" && exit
mapfile -t failed < <(node -p 'JSON.parse(fs.readFileSync(process.argv[1])).failed.join("\n")' "$work/results")
printf '\nonce more: %s\n' "${failed[*]}"
again=1 run "${failed[@]}"
END
# A name of its own: two runs at once do not meet.
node scripts/build/src/cluster/main.js --name "test-$$" with bash "$work/run" "$work" "${files[@]}"
