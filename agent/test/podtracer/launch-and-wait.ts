import { systemClock } from '@snoopy/proto';
import { compose } from '../../src/podtracer/catalogue/catalogue.js';
import { NsenterLauncher } from '../../src/podtracer/nsenter-launcher.js';
import { ProcNamespaces } from '../../src/podtracer/proc-namespaces.js';

// Run by tests that kill it: starts a tool of the catalogue in a namespace, prints its process id and waits.
const [path, tool, ...args] = process.argv.slice(2);
const opened = new ProcNamespaces().openPath(path!);
if (!('fd' in opened)) throw new Error(`${path} does not open: ${opened.failed}`);
const command = compose({ kind: 'run', tool: tool!, args });
const onLine = (line: string): void => void process.stderr.write(`${line}\n`);
const running = new NsenterLauncher(systemClock).launch(command, { onData() {}, onLine }, opened.fd);
process.stdout.write(`${running.pid}\n`);
setInterval(() => {}, 1_000);
