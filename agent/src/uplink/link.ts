import * as grpc from '@grpc/grpc-js';
import {
  AgentLinkClient,
  Backoff,
  type ControlRequestMessage,
  type ControlResponse,
  type FlowAck,
  flowsMethod,
  type HelloMessage,
  type Log,
  linkChannelOptions,
  type PacketAck,
  type PacketChunkMessage,
  parse,
  printable,
  type Welcome,
} from '@snoopy/proto';
import { type LinkFiles, readLinkSecrets, readLinkToken } from './link-secrets.js';
import type { MessageStream } from './message-stream.js';

/** How long the aggregator may take to answer the Hello, milliseconds. */
const welcomeMs = 10_000;
/** The token's file is looked at so often, milliseconds: the kubelet renews it long before it ends. */
const tokenMs = 30_000;

/** A standby that knows of no active aggregator is asked again after this, milliseconds: it will soon. */
const soonMs = 1_000;

/** What happens on the link. */
export interface LinkHandlers {
  hello(): HelloMessage;
  /** The session is open. `peer` is the address of the other end as the socket has it, or `unknown`. */
  up(session: LinkStreams, welcome: Welcome, peer: string): void;
  /** The session is over; called once after each `up`. */
  down(): void;
  control(message: ControlResponse): void;
  flowAck(ack: FlowAck): void;
  packetAck(ack: PacketAck): void;
}

export interface LinkStreams {
  readonly control: MessageStream<ControlRequestMessage>;
  readonly flows: MessageStream<Buffer>;
  readonly packets: MessageStream<PacketChunkMessage>;
}

export interface LinkOptions {
  /** HOST:PORT of the aggregator. */
  readonly address: string;
  readonly files: LinkFiles;
  /** The name that the aggregator's certificate must have. */
  readonly serverName: string;
  readonly agent: string;
  readonly epoch: number;
  readonly log: Log;
}

/**
 * The connection to the aggregator: one session after the other, for as long as the agent lives. A session is a channel
 * of its own with the three streams; when one of them ends, all do. An outage is logged once, and once that it is over.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #handlers: LinkHandlers;
  readonly #backoff = new Backoff(500, 15_000);
  #session: Session | undefined;
  #timer: NodeJS.Timeout | undefined;
  #outage = false;
  #stopped = false;
  /** Of the aggregator that a standby named; undefined: the one of the settings. */
  #active: string | undefined;

  constructor(options: LinkOptions, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  get up(): boolean {
    return this.#session?.open ?? false;
  }

  start(): void {
    const session = this.#newSession();
    if (!session) return;
    this.#session = session;
    session.start();
  }

  /** Undefined: certificates or token cannot be read; it will be tried again. */
  #newSession(): Session | undefined {
    try {
      return this.#makeSession();
    } catch (error) {
      this.#later((error as Error).message);
      return undefined;
    }
  }

  #makeSession(): Session {
    const address = this.#active ?? this.#options.address;
    const session: Session = new Session(
      { ...this.#options, address },
      {
        ...this.#handlers,
        up: (streams, welcome, peer) => {
          this.#backoff.reset();
          this.#options.log.info({ aggregator: address, version: printable(welcome.version) }, 'connected');
          this.#outage = false;
          this.#handlers.up(streams, welcome, peer);
        },
        ended: (reason, active) => this.#ended(session, reason, active),
      },
    );
    return session;
  }

  /** Ends what is there; with `graceful` the streams are closed properly first. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#session?.stop(deadlineMs);
    this.#session = undefined;
  }

  /** @param active where a standby sends us; empty: it does not know either; undefined: it was no standby */
  #ended(session: Session, reason: string, active: string | undefined): void {
    if (session !== this.#session || this.#stopped) return;
    this.#session = undefined;
    const sentOn = this.#active !== undefined;
    this.#active = undefined;
    if (active === undefined || sentOn) this.#later(reason);
    else if (active === '') this.#timer = setTimeout(() => this.start(), soonMs);
    else {
      this.#active = active;
      this.start();
    }
  }

  #later(reason: string): void {
    if (!this.#outage) {
      this.#outage = true;
      const { address, log } = this.#options;
      log.warn(
        { aggregator: address, reason },
        'no connection to the aggregator; trying on, this is said once',
      );
    }
    this.#timer = setTimeout(() => this.start(), this.#backoff.next());
  }
}

interface SessionHandlers extends LinkHandlers {
  /** @param active see Link */
  ended(reason: string, active: string | undefined): void;
}

/** One connection. */
class Session {
  open = false;

  readonly #handlers: SessionHandlers;
  readonly #client: InstanceType<typeof AgentLinkClient>;
  readonly #metadata = new grpc.Metadata();
  readonly #calls: grpc.ClientDuplexStream<never, unknown>[] = [];
  readonly #files: LinkFiles;
  #token: string;
  #tokenTimer: NodeJS.Timeout | undefined;
  #welcomeTimer: NodeJS.Timeout | undefined;
  #over = false;
  #stopping = false;
  #onOver: (() => void) | undefined;

  /** Throws SnoopyError UNAVAILABLE when the files cannot be read. */
  constructor(options: LinkOptions, handlers: SessionHandlers) {
    this.#handlers = handlers;
    this.#files = options.files;
    this.#token = readLinkToken(options.files);
    if (this.#token !== '') this.#metadata.set('authorization', `Bearer ${this.#token}`);
    this.#metadata.set('snoopy-agent', options.agent);
    this.#metadata.set('snoopy-epoch', String(options.epoch));
    const secrets = readLinkSecrets(options.files);
    const credentials = secrets
      ? grpc.credentials.createSsl(secrets.ca, secrets.key, secrets.certificate)
      : grpc.credentials.createInsecure();
    this.#client = new AgentLinkClient(options.address, credentials, {
      ...linkChannelOptions,
      'grpc.use_local_subchannel_pool': 1,
      ...(secrets ? { 'grpc.ssl_target_name_override': options.serverName } : {}),
    });
  }

  start(): void {
    const control = this.#client.control(this.#metadata);
    this.#welcomeTimer = setTimeout(() => this.#end('the aggregator did not answer the Hello'), welcomeMs);
    control.on('data', (message: ControlResponse) => {
      if (this.#over) return;
      if (this.open) this.#handlers.control(message);
      else if (message.welcome) this.#welcomed(control, message.welcome);
    });
    this.#watch('control', control);
    control.write({ hello: this.#handlers.hello() });
  }

  /** Half-closes all streams and waits until the other side has too, at most `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.#over) return;
    this.#stopping = true;
    const over = new Promise<void>((resolve) => {
      this.#onOver = resolve;
    });
    for (const call of this.#calls) call.end();
    const timer = setTimeout(() => this.#end('stopped'), this.open ? deadlineMs : 0);
    await over;
    clearTimeout(timer);
  }

  #welcomed(
    control: grpc.ClientDuplexStream<ControlRequestMessage, ControlResponse>,
    welcome: Welcome,
  ): void {
    clearTimeout(this.#welcomeTimer);
    const flows = this.#client.makeBidiStreamRequest(
      flowsMethod.path,
      flowsMethod.requestSerialize,
      flowsMethod.responseDeserialize,
      this.#metadata,
      {},
    );
    const packets = this.#client.packets(this.#metadata);
    flows.on('data', (ack: FlowAck) => this.open && this.#handlers.flowAck(ack));
    packets.on('data', (ack: PacketAck) => this.open && this.#handlers.packetAck(ack));
    this.#watch('flows', flows);
    this.#watch('packets', packets);
    this.open = true;
    if (this.#token !== '') this.#tokenTimer = setInterval(() => this.#renew(control), tokenMs);
    const streams = { control: streamOf(control), flows: streamOf(flows), packets: streamOf(packets) };
    this.#handlers.up(streams, welcome, control.getPeer());
  }

  /** A later token goes over the open stream: nothing is cut off for it. */
  #renew(control: grpc.ClientDuplexStream<ControlRequestMessage, ControlResponse>): void {
    try {
      const token = readLinkToken(this.#files);
      if (token === this.#token || token === '') return;
      this.#token = token;
      control.write({ renewal: { token } });
    } catch {
      // The next look may find it; without it the aggregator ends the session in the end, and says why.
    }
  }

  #watch(name: string, call: grpc.ClientDuplexStream<never, unknown>): void {
    this.#calls.push(call);
    call.on('error', (error: grpc.ServiceError) =>
      this.#end(printable(`${name}: ${error.details || error.message}`), activeIn(error)),
    );
    call.on('end', () => {
      this.#calls.splice(this.#calls.indexOf(call), 1);
      if (!this.#stopping) this.#end(`${name}: the aggregator ended the stream`);
      else if (this.#calls.length === 0) this.#end('stopped');
    });
  }

  /**
   * Never called from a stream's event: Node runs those while nghttp2 is closing that stream, and a reset of another
   * one then sends what waits: for the closing stream that is empty DATA frames, without end and on to the last byte
   * of memory (Node 20.20, node_http2.cc: OnRead gives 0 for a stream that is gone).
   */
  #reset(): void {
    for (const call of this.#calls) call.cancel();
    this.#client.close();
  }

  /** The session is over: what is open is reset a moment later. */
  #end(reason: string, active?: string): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#welcomeTimer);
    clearInterval(this.#tokenTimer);
    setImmediate(() => this.#reset());
    if (this.open) this.#handlers.down();
    this.open = false;
    this.#handlers.ended(reason, active);
    this.#onOver?.();
  }
}

/** Whom a standby names (agent.proto). What is no address is nobody. */
function activeIn({ metadata }: grpc.ServiceError): string | undefined {
  const named = metadata?.get('snoopy-active')[0];
  if (named === undefined) return undefined;
  try {
    return parse.hostPortText(parse.hostPort(String(named)));
  } catch {
    return '';
  }
}

function streamOf<Message>(call: grpc.ClientWritableStream<Message>): MessageStream<Message> {
  return {
    write: (message) => call.write(message),
    onDrain: (listener) => call.on('drain', listener),
  };
}
