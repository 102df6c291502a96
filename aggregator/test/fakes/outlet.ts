import { type GetFlowsResponse, ObserverClient } from '@snoopy/proto';
import type { Outlet } from '../../src/observe/subscription.js';

/** A client's end of GetFlows: reads messages back, and takes them only when told to, if `stuck`. */
export class FakeOutlet implements Outlet {
  readonly messages: GetFlowsResponse[] = [];
  readonly #waiting: (() => void)[] = [];
  ended = false;
  bytes = 0;

  constructor(public stuck = false) {}

  write(message: Buffer, done: () => void): void {
    this.bytes += message.length;
    this.messages.push(ObserverClient.service.GetFlows.responseDeserialize(message));
    if (this.stuck) this.#waiting.push(done);
    else queueMicrotask(done);
  }

  end(): void {
    this.ended = true;
  }

  /** The socket took everything so far, and takes what comes. */
  release(): void {
    this.stuck = false;
    for (const done of this.#waiting.splice(0)) done();
  }

  /** Source ports of all flows so far: tests number their flows so. */
  get ports(): number[] {
    return this.messages.flatMap((message) => message.flows.map((flow) => flow.source!.port));
  }

  /** Flows lost by this reader. */
  get slow(): number {
    const losses = this.messages.flatMap((message) => message.lost);
    return losses.filter((loss) => loss.stage === 'subscriber').reduce((sum, loss) => sum + loss.count, 0);
  }
}
