import { Net } from '@snoopy/scripts/rig/netns';
import type { Test } from 'tap';
import type { ProgramSizes } from '../../src/kernel/node-kernel.js';
import type { KernelWays } from '../../src/kernel/programs.js';
import { KernelRig } from './kernel-rig.js';

/** A server and a client on a bridge, both watched. */
export async function twoPods(t: Test, sizes: Partial<ProgramSizes> = {}, ways?: KernelWays) {
  const net = new Net();
  t.teardown(() => net.close());
  const bridge = net.bridge();
  const server = bridge.join(net.namespace('server'));
  const client = bridge.join(net.namespace('client'));
  const rig = new KernelRig(t, sizes, ways);
  const attached = { server: await rig.watch(server), client: await rig.watch(client) };
  const host = (version: number): string => (version === 4 ? bridge.v4(server) : bridge.v6(server));
  return { net, bridge, server, client, rig, attached, host };
}
