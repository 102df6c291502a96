#!/usr/bin/env node
// In the repository, not in the build, so that npm can link the command before anything is built.
import { existsSync } from 'node:fs';

const program = new URL('../build/src/main.js', import.meta.url);
if (!existsSync(program)) {
  console.error('snoopy-aggregator is not built yet: npm run build');
  process.exit(1);
}
await import(program.href);
