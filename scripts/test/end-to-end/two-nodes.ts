import { type Bridge, type Namespace, Net } from '../../src/rig/netns.js';
import { NodePrograms } from './node-programs.js';

/** The real aggregator and two real agents, with the pod `sender` on node-a and `receiver` on node-b. */
export class TwoNodes {
  readonly net = new Net();
  readonly bridge: Bridge = this.net.bridge();
  readonly sender: Namespace = this.bridge.join(this.net.namespace('sender'));
  readonly receiver: Namespace = this.bridge.join(this.net.namespace('receiver'));
  readonly #programs = new NodePrograms();

  static async start(): Promise<TwoNodes> {
    const nodes = new TwoNodes();
    try {
      await nodes.#programs.start({ 'node-a': nodes.sender, 'node-b': nodes.receiver });
    } catch (error) {
      await nodes.stop();
      throw error;
    }
    return nodes;
  }

  get folder(): string {
    return this.#programs.folder;
  }

  /** For `snoopy --server`. */
  get server(): string {
    return this.#programs.server;
  }

  async stop(): Promise<void> {
    await this.#programs.stop();
    this.net.close();
  }
}
