import * as grpc from '@grpc/grpc-js';
import {
  AgentLinkClient,
  type ControlRequestMessage,
  type ControlResponse,
  encodeFlowBatch,
  type FlowColumns,
  flowsMethod,
  linkChannelOptions,
  type PodMessage,
} from '@snoopy/proto';

import { clientSecurity } from './link-security.js';

/** A batch with room for its first sequence number in front, which is written for each sending: fields come in any order. */
export type Prepared = Buffer;

/** The tag of `first_sequence` and a varint of seven bytes, longer than it must be. */
const HEAD = 8;

export function prepare(epoch: number, columns: FlowColumns): Prepared {
  const batch = encodeFlowBatch({ epoch, firstSequence: 0, lost: [] }, columns);
  return Buffer.concat([Buffer.alloc(HEAD), batch]);
}

function number(batch: Prepared, first: number): void {
  batch[0] = 0x10;
  let rest = first;
  for (let i = 1; i < HEAD; i++) {
    batch[i] = (rest % 128) | (i < HEAD - 1 ? 128 : 0);
    rest = Math.floor(rest / 128);
  }
}

const security = clientSecurity();

/** The bench's agent: what it sends was encoded before. */
export class BenchAgent {
  sequence = 0;
  acked = 0;
  readonly #client: InstanceType<typeof AgentLinkClient>;
  readonly #metadata = new grpc.Metadata();
  #left = false;
  #flows!: grpc.ClientDuplexStream<Buffer, { sequence: number }>;

  constructor(
    port: number,
    readonly name: string,
    readonly epoch: number,
  ) {
    const options = {
      ...linkChannelOptions,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.ssl_target_name_override': 'snoopy-aggregator',
    };
    this.#client = new AgentLinkClient(`127.0.0.1:${port}`, security, options);
    this.#metadata.set('snoopy-agent', name);
    this.#metadata.set('snoopy-epoch', String(epoch));
  }

  /** Opens the three streams and reports its pods. */
  async connect(pods: PodMessage[]): Promise<void> {
    const control = this.#client.control(this.#metadata);
    await new Promise<void>((resolve, reject) => {
      control.on('error', reject);
      control.on('data', (message: ControlResponse) => {
        if (message.welcome) resolve();
        if (message.clock) this.#answer(control, message.clock);
      });
      control.write({ hello: { agent: this.name, epoch: this.epoch, version: 'bench', nextSequence: 0 } });
    });
    control.write({ pods: { full: true, pods } });
    const { path, requestSerialize, responseDeserialize } = flowsMethod;
    this.#flows = this.#client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      this.#metadata,
      {},
    );
    this.#flows.on('data', ({ sequence }) => {
      this.acked = sequence;
    });
    this.#flows.on('error', (error) => {
      if (!this.#left) throw error;
    });
    this.#client.packets(this.#metadata).on('error', () => undefined);
  }

  /** @param batch not to be sent again before it has left  @returns false when the socket is full: wait for `drain` */
  send(batch: Prepared, rows: number): boolean {
    number(batch, this.sequence);
    this.sequence += rows;
    return this.#flows.write(batch);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => this.#flows.once('drain', () => resolve()));
  }

  /** Ends its connection; that streams end with it is no fault. */
  leave(): void {
    this.#left = true;
    this.#client.close();
  }

  #answer(
    control: grpc.ClientDuplexStream<ControlRequestMessage, ControlResponse>,
    { id, sentUs }: { id: number; sentUs: number },
  ): void {
    const now = Date.now() * 1_000;
    control.write({ clock: { id, sentUs, receivedUs: now, repliedUs: now } });
  }
}
