import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readmeWith } from './readme.js';
import { schemaOf } from './schema.js';
import { readValues } from './values.js';

export const FOLDER = fileURLToPath(new URL('../../../../charts/snoopy/', import.meta.url));

/** Files of the chart that are made from its values.yaml, by their names in it. */
export function rendered(): Map<string, string> {
  const values = readValues(readFileSync(`${FOLDER}values.yaml`, 'utf8'));
  return new Map([
    ['README.md', readmeWith(readFileSync(`${FOLDER}README.md`, 'utf8'), values)],
    ['values.schema.json', `${JSON.stringify(schemaOf(values), null, 2)}\n`],
  ]);
}
