#!/usr/bin/env bash
# npm test:           builds, lints, and runs the tests that are quick; at most five minutes on two cores.
# npm run test:long:  runs those that take longer, one after the other.
# More arguments are test files (agent/test/decode, agent/build/test/x.test.js) instead of all.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-quick}
shift || true

scripts/setup.sh demo test
export PATH="$PWD/node_modules/.bin:$PATH:/usr/sbin:/sbin"

echo 'building' >&2
scripts/build.sh test

if [ "$what" = quick ] && [ $# = 0 ]; then
  echo 'linting' >&2
  biome check --error-on-warnings --diagnostic-level=warn
fi

files=()
for path in "$@"; do
  [[ $path == */build/* ]] || path=$(sed -E 's,^([a-z]+)/test,\1/build/test,; s,\.ts$,.js,' <<<"$path")
  if [ -d "$path" ]; then files+=("$path/**/*.test.js"); else files+=("$path"); fi
done

options=()
if [ "$what" = long ]; then
  options=(--jobs=1 --timeout=900)
  if [ $# = 0 ]; then
    mapfile -t files < <(find {proto,agent,aggregator,scripts}/build/test -name '*.long.test.js' | sort)
    [ ${#files[@]} -gt 0 ] || { echo 'there are no long tests' >&2; exit 0; }
  fi
fi

results=$(mktemp)
trap 'rm -f "$results"' EXIT
run() { tap run "$@" </dev/null | node scripts/build/src/test-run/main.js "$results" ${again:+again}; }

run "${options[@]}" "${files[@]}" && exit 0
# Real processes on a busy machine: a few files that failed are run once more, alone. Both runs are shown.
mapfile -t failed < <(node -p 'JSON.parse(fs.readFileSync(process.argv[1])).failed.join("\n")' "$results")
if [ ${#failed[@]} -gt 5 ] || [ -z "${failed[0]:-}" ]; then
  echo "tests: ${#failed[@]} files failed: too many to try again"
  exit 1
fi
printf '\nonce more, alone: %s\n' "${failed[*]}"
again=1 run --jobs=1 --timeout=900 "${failed[@]}"
