import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FOLDER, rendered } from './rendered.js';

/** Writes the dashboards into the chart; those that are no more are removed. */
const folder = fileURLToPath(new URL(`../../../../${FOLDER}`, import.meta.url));
mkdirSync(folder, { recursive: true });
const files = rendered();
for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name));
for (const [name, text] of files) writeFileSync(join(folder, name), text);
