import * as grpc from '@grpc/grpc-js';
import {
  AgentLinkClient,
  encodeFlowBatch,
  FlowColumns,
  type FlowsClientCall,
  flowsMethod,
} from '@snoopy/proto';
import type { Security } from '../ingest/link-rig.js';
import { addRow, type RowSpec, type TestPod } from '../merge/world.js';

/** An agent that sends what it is told to, over the real link. */
export class LinkAgent {
  acknowledged = 0;
  sent = 0;
  readonly epoch = Date.now() * 1_000;
  readonly #client: InstanceType<typeof AgentLinkClient>;
  readonly #control: ReturnType<InstanceType<typeof AgentLinkClient>['control']>;
  #flows: FlowsClientCall | undefined;
  /** Why Control ended, if it did. */
  error: grpc.ServiceError | undefined;
  #failed: (error: Error) => void = () => undefined;

  constructor(
    address: string,
    readonly name: string,
    readonly pods: readonly TestPod[],
    readonly security: Security = { credentials: grpc.credentials.createInsecure() },
  ) {
    this.#client = new AgentLinkClient(address, security.credentials, {
      'grpc.ssl_target_name_override': 'snoopy-aggregator',
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#control = this.#client.control(this.#metadata());
    this.#control.on('error', (error: grpc.ServiceError) => {
      this.error = error;
      this.#failed(error);
    });
  }

  /** Says hello, reports its pods and opens its flows. */
  async open(): Promise<void> {
    const welcomed = new Promise((resolve, reject) => {
      this.#control.once('data', resolve);
      this.#failed = reject;
    });
    this.#control.on('data', () => undefined);
    const clockUs = Date.now() * 1_000;
    this.#control.write({
      hello: { agent: this.name, epoch: this.epoch, version: '0.0.1', clockUs, nextSequence: 0 },
    });
    await welcomed;
    const pods = this.pods.map(({ uid, namespace, name, ip }) => ({
      uid,
      namespace,
      name,
      ips: [ip],
      labels: { app: name },
      selected: true,
      state: 'WATCH_STATE_WATCHED' as const,
      interfaces: ['eth0'],
    }));
    this.#control.write({ pods: { full: true, pods } });
    const { path, requestSerialize, responseDeserialize } = flowsMethod;
    this.#flows = this.#client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      this.#metadata(),
    );
    this.#flows.on('error', () => undefined);
    this.#flows.on('data', ({ sequence }: { sequence: number }) => {
      this.acknowledged = sequence;
    });
  }

  /** @returns whether the link takes more */
  send(rows: readonly RowSpec[]): boolean {
    const columns = new FlowColumns(Math.max(40, rows.length));
    for (const row of rows) addRow(columns, row);
    const batch = encodeFlowBatch({ epoch: this.epoch, firstSequence: this.sent, lost: [] }, columns);
    this.sent += rows.length;
    return this.#flows!.write(batch);
  }

  /** Waits until everything that was sent is acknowledged. */
  async settled(): Promise<void> {
    while (this.acknowledged < this.sent) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  close(): void {
    this.#flows?.cancel();
    this.#control.cancel();
    this.#client.close();
  }

  #metadata(): grpc.Metadata {
    const metadata = new grpc.Metadata();
    const { token } = this.security;
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    metadata.set('snoopy-agent', this.name);
    metadata.set('snoopy-epoch', String(this.epoch));
    return metadata;
  }
}
