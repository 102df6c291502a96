import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Namespace, Net } from '@snoopy/scripts/rig/netns';

/** Two pods out of network namespaces on one bridge, and the list that names them. */
export interface TwoPods {
  readonly net: Net;
  readonly web: Namespace;
  readonly client: Namespace;
  readonly webAddress: string;
  /** Value of `--pods`. */
  readonly source: string;
  /** A folder for the test's files. */
  readonly dir: string;
  close(): void;
}

export function twoPods(): TwoPods {
  const net = new Net();
  const bridge = net.bridge();
  const web = bridge.join(net.namespace('web'));
  const client = bridge.join(net.namespace('client'));
  const dir = mkdtempSync(join(tmpdir(), 'snoopy-podtracer-'));
  const list = [
    { namespace: 'shop', name: 'web-0', netns: web.path, labels: { app: 'web' } },
    { namespace: 'shop', name: 'client', netns: client.path },
    { namespace: 'kube-system', name: 'node', netns: '/proc/self/ns/net' },
  ];
  writeFileSync(join(dir, 'pods.json'), JSON.stringify(list));
  const close = (): void => {
    net.close();
    rmSync(dir, { recursive: true });
  };
  return {
    net,
    web,
    client,
    webAddress: bridge.v4(web),
    source: `netns:${join(dir, 'pods.json')}`,
    dir,
    close,
  };
}
