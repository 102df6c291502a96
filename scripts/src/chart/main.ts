import { writeFileSync } from 'node:fs';
import { FOLDER, rendered } from './rendered.js';

/** Writes what is made from the chart's values.yaml. */
for (const [name, text] of rendered()) writeFileSync(`${FOLDER}${name}`, text);
