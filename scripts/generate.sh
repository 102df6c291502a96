#!/usr/bin/env bash
# Makes proto/src/gen from the .proto files: the TypeScript types of the messages as @grpc/proto-loader gives them.
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
  snoopy/v1/agent.proto snoopy/v1/observer.proto snoopy/v1/capture.proto fennec/data_endpoint.proto >/dev/null
if [ "$out" != proto/src/gen ]; then
  diff -r "$out" proto/src/gen
  echo 'generated code is up to date'
fi
