#!/usr/bin/env bash
# npm run demo [-- --duration 15s] [-- -o json]: a small shop in network namespaces, watched by Snoopy. See --help.
# npm run demo -- --kubernetes: the same in a Kubernetes cluster. See --kubernetes --help.
set -euo pipefail
cd "$(dirname "$0")/.."
program=demo/main.js
case " $* " in
*' --kubernetes '*)
  program=demo/kubernetes/main.js
  case " $* " in
  *' --context '* | *' --help '* | *' -h '*) [ -e node_modules ] || npm ci --no-audit --no-fund >&2 ;;
  *)
    scripts/setup.sh cluster images
    SNOOPY_KUBERNETES=$(scripts/build-kubernetes.sh)
    export SNOOPY_KUBERNETES
    ;;
  esac
  ;;
*) scripts/setup.sh demo ;;
esac
export PATH="$PWD/node_modules/.bin:$PATH:/usr/sbin:/sbin"
scripts/build.sh typescript >&2 || { echo 'the build failed; its words are above' >&2; exit 1; }
exec node "scripts/build/src/$program" "$@"
