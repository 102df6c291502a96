import type {
  CaptureProgressMessage,
  CaptureResponseMessage,
  CaptureStart,
  SnoopyError,
} from '@snoopy/proto';
import { CaptureSession } from '../../src/capture/capture-session.js';
import { captureSpec } from '../../src/capture/capture-spec.js';
import { FakeAgents } from './fake-agents.js';
import { HandClock } from './hand-clock.js';

const emptyStart: CaptureStart = {
  namespace: '',
  pods: [],
  selector: '',
  interfaces: [],
  filter: '',
  snaplen: 0,
  maxPackets: 0,
  maxBytes: 0,
  maxSeconds: 0,
};

/** A capture session between fake agents and a reader that keeps everything. */
export class CaptureRun {
  readonly clock = new HandClock();
  readonly agents = new FakeAgents();
  readonly responses: CaptureResponseMessage[] = [];
  /** What the reader answers to each message: false holds the session back. */
  ready = true;
  /** No other capture runs. */
  alone = true;
  error: SnoopyError | undefined;
  #session: CaptureSession | undefined;

  get session(): CaptureSession {
    return this.#session!;
  }

  start(start: Partial<CaptureStart> = {}): CaptureSession {
    const output = {
      send: (response: CaptureResponseMessage) => {
        this.responses.push(response);
        return this.ready;
      },
      end: () => {},
      fail: (error: SnoopyError) => {
        this.error = error;
      },
    };
    const header = { hardware: 'test', os: 'test', application: 'snoopy test' };
    const spec = captureSpec({ ...emptyStart, ...start });
    this.#session = new CaptureSession(
      spec,
      this.agents,
      this.clock,
      output,
      header,
      'capture-0',
      () => this.alone,
    );
    this.#session.start();
    return this.#session;
  }

  /** Lets time go, with ten ticks a second. */
  go(ms: number): void {
    for (let gone = 0; gone < ms; gone += 100) {
      this.clock.goMs(Math.min(100, ms - gone));
      this.session.tick();
    }
  }

  /** Stops as a user does; the agents end their tasks at once. */
  finish(): void {
    this.session.stop('');
    for (const task of this.agents.tasks) task.report('TASK_STATE_DONE');
    this.go(300);
  }

  get file(): Buffer {
    return Buffer.concat(this.responses.flatMap((r) => (r.pcapng ? [r.pcapng as Buffer] : [])));
  }

  get finished(): CaptureProgressMessage | undefined {
    return this.responses.find((r) => r.finished)?.finished ?? undefined;
  }
}
