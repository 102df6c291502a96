#!/usr/bin/env bash
# Makes proto/src/gen from the .proto files: the TypeScript types of the messages as @grpc/proto-loader gives them, and
# the descriptors that server reflection gives away. Then the chart's dashboards from scripts/src/dashboards, its README and schema from its values.
# `scripts/generate.sh --check` makes them elsewhere and fails if they differ from what is committed.
set -euo pipefail
cd "$(dirname "$0")/.."
out=proto/src/gen
if [ "${1:-}" = --check ]; then
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
fi
rm -rf "${out:?}"/*
node_modules/.bin/proto-loader-gen-types --longs=Number --enums=String --defaults --oneofs --grpcLib=@grpc/grpc-js \
  --importFileExtension=.js --outDir="$out" -I proto -- \
  snoopy/v1/agent.proto snoopy/v1/observer.proto snoopy/v1/capture.proto snoopy/v1/job.proto fennec/data_endpoint.proto >/dev/null
modules='{"version":"v2","modules":[{"path":"proto"},{"path":"node_modules/grpc-health-check/proto"}]}'
node_modules/.bin/buf build . --config "$modules" --as-file-descriptor-set --exclude-source-info \
  -o "$out/contract.binpb"
if [ "$out" != proto/src/gen ]; then
  diff -r "$out" proto/src/gen
  echo 'generated code is up to date'
else
  node_modules/.bin/tsc -b
  node scripts/build/src/dashboards/main.js
  node scripts/build/src/chart/main.js
fi
