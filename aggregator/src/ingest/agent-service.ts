import * as grpc from '@grpc/grpc-js';
import {
  agentLinkService,
  type ControlRequest,
  type ControlResponseMessage,
  type FlowsServerCall,
  type Log,
  type PacketAckMessage,
  type PacketChunk,
  SnoopyError,
} from '@snoopy/proto';
import type { Access, AgentGrant } from '../access/access.js';
import { admit } from '../server/admission.js';
import { callerOf } from '../server/caller.js';
import type { AgentLink } from './agent-link.js';
import type { AgentSession } from './agent-session.js';
import type { ControlOutlet } from './outlets.js';
import { PacketStream } from './packet-stream.js';

type ControlCall = grpc.ServerDuplexStream<ControlRequest, ControlResponseMessage>;
type PacketsCall = grpc.ServerDuplexStream<PacketChunk, PacketAckMessage>;
type Call = ControlCall | PacketsCall | FlowsServerCall;

/** Messages that may wait in a Control stream's socket before the agent counts as gone: it does not read. */
const MOST_UNREAD = 10_000;
/** Hello must come within this. */
const HELLO_MS = 10_000;

/** Who is to be called instead. */
export interface Elsewhere {
  readonly active: boolean;
  /** `host:port` of the one that works, if this one does not. */
  readonly activeAgents: string | undefined;
}

/**
 * Adds `AgentLink` (agent.proto) to a server: the gRPC side of `link`. Every call is `access`'s to allow.
 * @param role whether agents are served here at all
 */
export function addAgentLink(
  server: grpc.Server,
  link: AgentLink,
  log: Log,
  access: Access,
  role: Elsewhere = { active: true, activeAgents: undefined },
): void {
  const served =
    <C extends Call>(name: string, serve: (call: C, grant: AgentGrant) => void) =>
    (call: C) =>
      guard(call, log, () => {
        if (!role.active) return sendOn(call, role.activeAgents ?? '');
        const { agent } = caller(call);
        const decision = access.agent(callerOf(call), agent, name);
        void admit(call, decision, log, (grant) => serve(call, grant));
      });
  server.addService(agentLinkService, {
    Control: served('Control', (call: ControlCall, grant) => serveControl(call, link, log, grant)),
    Flows: served('Flows', (call: FlowsServerCall, grant) => serveFlows(call, link, grant)),
    Packets: served('Packets', (call: PacketsCall, grant) => servePackets(call, link, grant)),
  });
}

/** A standby says who is active, in words and in the metadata `snoopy-active` (agent.proto). */
function sendOn(call: Call, active: string): void {
  const metadata = new grpc.Metadata();
  metadata.set('snoopy-active', active);
  const details = `This aggregator stands by; ${active === '' ? 'none is active yet' : `${active} is active`}.`;
  call.emit('error', { code: grpc.status.UNAVAILABLE, details, metadata });
}

/** Without Control a Flows stream may live so long. */
const ENDED_MS = 5_000;
const ended = new SnoopyError('UNAVAILABLE', 'The Control stream ended.');

/** Runs a part of a call; what goes wrong ends the call. */
function guard(call: Call, log: Log, run: () => void): void {
  try {
    run();
  } catch (error) {
    fail(call, error, log);
  }
}

function fail(call: Call, error: unknown, log?: Log): void {
  const known = error instanceof SnoopyError ? error : undefined;
  if (!known) log?.error({ error }, 'a call of an agent failed');
  call.emit('error', {
    code: known?.grpcCode ?? grpc.status.INTERNAL,
    details: known?.message ?? 'The aggregator made a mistake; its log says which.',
  });
}

/** Who calls, by the metadata of every call. */
function caller(call: Call): { agent: string; epoch: number } {
  const agent = String(call.metadata.get('snoopy-agent')[0] ?? '');
  const epoch = Number(call.metadata.get('snoopy-epoch')[0] ?? Number.NaN);
  if (agent === '' || !Number.isSafeInteger(epoch)) {
    throw new SnoopyError(
      'BAD_INPUT',
      'Every call of an agent needs the metadata snoopy-agent and snoopy-epoch.',
    );
  }
  return { agent, epoch };
}

function serveControl(call: ControlCall, link: AgentLink, log: Log, grant: AgentGrant): void {
  const { agent, epoch } = caller(call);
  let session: AgentSession | undefined;
  const outlet: ControlOutlet = {
    send: (message) => {
      if (call.writableLength > MOST_UNREAD)
        fail(call, new SnoopyError('LIMIT', 'The agent does not read its Control stream.'));
      else if (!call.destroyed && !call.cancelled) call.write(message);
    },
    fail: (error) => fail(call, error),
  };
  const late = setTimeout(() => fail(call, new SnoopyError('BAD_INPUT', 'Hello must come first.')), HELLO_MS);
  const left = () => {
    clearTimeout(late);
    grant.end(0);
    if (session) link.agents.left(session, outlet);
    session = undefined;
  };
  call.on('data', (message: ControlRequest) =>
    guard(call, log, () => {
      if (message.renewal) return renew(call, grant, message.renewal.token, log);
      if (session) return link.control(session, message);
      if (!message.hello) throw new SnoopyError('BAD_INPUT', 'Hello must come first.');
      clearTimeout(late);
      session = link.agents.hello(agent, epoch, message.hello, outlet);
      session.bound = grant.node !== undefined;
      link.welcome(session);
    }),
  );
  grant.keep((error) => (session ? session.end(error.message) : fail(call, error)));
  call.on('end', () => {
    const was = session;
    left();
    call.end();
    setTimeout(() => {
      if (!was?.control) was?.flows?.fail(ended);
    }, ENDED_MS).unref();
  });
  call.on('cancelled', left);
  call.on('error', left);
}

function renew(call: ControlCall, grant: AgentGrant, token: string, log: Log): void {
  grant.renew(token).catch((error: unknown) => fail(call, error, log));
}

function serveFlows(call: FlowsServerCall, link: AgentLink, grant: AgentGrant): void {
  const { agent, epoch } = caller(call);
  const session = link.agents.session(agent, epoch);
  const outlet = {
    ack: (sequence: number) => call.destroyed || call.cancelled || call.write({ sequence }),
    pause: () => void call.pause(),
    resume: () => void call.resume(),
    fail: (error: SnoopyError) => fail(call, error),
  };
  const stream = link.intake.open(session, outlet);
  let bytes = 0;
  const closed = () => {
    stream.close();
    grant.end(bytes);
    if (session.flows === outlet) session.flows = undefined;
  };
  call.on('data', (batch: Buffer) => {
    bytes += batch.length;
    stream.push(batch);
  });
  call.on('end', () => {
    grant.end(bytes);
    link.finish(session, outlet).then(
      () => call.end(),
      (error) => fail(call, error),
    );
  });
  call.on('cancelled', closed);
  call.on('error', closed);
}

function servePackets(call: PacketsCall, link: AgentLink, grant: AgentGrant): void {
  const { agent, epoch } = caller(call);
  link.agents.session(agent, epoch);
  const stream = new PacketStream(agent, link.agents.tasks, {
    ack: (bytes) => {
      if (!call.destroyed && !call.cancelled) call.write({ bytes });
    },
    pause: () => void call.pause(),
    resume: () => void call.resume(),
    fail: (error) => fail(call, error),
  });
  let bytes = 0;
  const closed = () => {
    stream.close();
    grant.end(bytes);
  };
  call.on('data', (chunk: PacketChunk) => {
    bytes += chunk.records.length + chunk.output.length;
    stream.push(chunk);
  });
  call.on('end', () => {
    grant.end(bytes);
    call.end();
  });
  call.on('cancelled', closed);
  call.on('error', closed);
}
