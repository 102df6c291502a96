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

/** Adds `AgentLink` (agent.proto) to a server: the gRPC side of `link`. */
export function addAgentLink(server: grpc.Server, link: AgentLink, log: Log): void {
  server.addService(agentLinkService, {
    Control: (call: ControlCall) => guard(call, log, () => serveControl(call, link, log)),
    Flows: (call: FlowsServerCall) => guard(call, log, () => serveFlows(call, link)),
    Packets: (call: PacketsCall) => guard(call, log, () => servePackets(call, link)),
  });
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

function serveControl(call: ControlCall, link: AgentLink, log: Log): void {
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
    if (session) link.agents.left(session, outlet);
    session = undefined;
  };
  call.on('data', (message: ControlRequest) =>
    guard(call, log, () => {
      if (session) return link.control(session, message);
      if (!message.hello) throw new SnoopyError('BAD_INPUT', 'Hello must come first.');
      clearTimeout(late);
      session = link.agents.hello(agent, epoch, message.hello, outlet);
      link.welcome(session);
    }),
  );
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

function serveFlows(call: FlowsServerCall, link: AgentLink): void {
  const { agent, epoch } = caller(call);
  const session = link.agents.session(agent, epoch);
  const outlet = {
    ack: (sequence: number) => call.destroyed || call.cancelled || call.write({ sequence }),
    pause: () => void call.pause(),
    resume: () => void call.resume(),
    fail: (error: SnoopyError) => fail(call, error),
  };
  const stream = link.intake.open(session, outlet);
  const closed = () => {
    stream.close();
    if (session.flows === outlet) session.flows = undefined;
  };
  call.on('data', (batch: Buffer) => stream.push(batch));
  call.on('end', () => {
    link.finish(session, outlet).then(
      () => call.end(),
      (error) => fail(call, error),
    );
  });
  call.on('cancelled', closed);
  call.on('error', closed);
}

function servePackets(call: PacketsCall, link: AgentLink): void {
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
  call.on('data', (chunk: PacketChunk) => stream.push(chunk));
  call.on('end', () => call.end());
  call.on('cancelled', () => stream.close());
  call.on('error', () => stream.close());
}
