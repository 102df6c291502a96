import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, type Part } from './bundle.js';

// node bundle-main.js agent|aggregator FOLDER: bundles a part into the folder, with a list of the npm packages inside.
const [part, out] = process.argv.slice(2) as [Part, string];
rmSync(out, { recursive: true, force: true });
const packages = await bundle(part, out);
writeFileSync(join(out, 'packages.json'), `${JSON.stringify(packages, null, 1)}\n`);
