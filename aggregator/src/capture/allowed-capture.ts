import { type CaptureStart, SnoopyError } from '@snoopy/proto';
import type { Access, Caller, Grant, Permission } from '../access/access.js';
import { argvHash } from '../access/audit.js';
import type { Agents } from '../ingest/agents.js';
import { VisibleAgents } from '../ingest/visible-agents.js';

/** A file of packets is made and read in one. */
const capture: readonly Permission[] = [
  { verb: 'create', resource: 'packetcaptures' },
  { verb: 'get', resource: 'packetcaptures/packets' },
];
const nodeCapture: Permission = { verb: 'create', resource: 'nodecaptures' };

/** A capture that was allowed, and the agents and pods that it may know of. */
export interface AllowedCapture {
  readonly grant: Grant;
  readonly agents: Agents;
  end(bytes: number): void;
}

/**
 * Asks whether a caller may capture. Pods on the network of their node, whose packets are everybody's, need a right of
 * their own; without it they are left out. Throws SnoopyError, see Access.
 */
export async function allowCapture(
  access: Access,
  caller: Caller,
  start: CaptureStart,
  agents: Agents,
): Promise<AllowedCapture> {
  const namespaces = start.namespace === '' ? [] : [start.namespace];
  const ask = { call: 'Capture', permissions: capture, namespaces, details: detailsOf(start) };
  const grant = await access.client(caller, ask);
  const own = new VisibleAgents(agents, grant.scope, true);
  const onNode = [...own.pods()].some((pod) => pod.hostNetwork && isAskedFor(pod, start));
  const visible = new VisibleAgents(agents, grant.scope, onNode && (await mayCaptureNodes(access, caller)));
  return { grant, agents: visible, end: (bytes) => grant.end(bytes) };
}

async function mayCaptureNodes(access: Access, caller: Caller): Promise<boolean> {
  try {
    const ask = { call: 'Capture', permissions: [nodeCapture], namespaces: [] };
    (await access.client(caller, ask)).end(0);
    return true;
  } catch (error) {
    if (error instanceof SnoopyError && error.code === 'NOT_ALLOWED') return false;
    throw error;
  }
}

function isAskedFor({ namespace }: { readonly namespace: string }, start: CaptureStart): boolean {
  return start.namespace === '' || start.namespace === namespace;
}

function detailsOf(start: CaptureStart): Record<string, string> {
  return { pods: start.pods.slice(0, 20).join(','), selector: start.selector, argv: argvHash(start) };
}
