import { KubeError, type KubeObject, type WatchEvent } from './kube-api.js';

/** Longest event, characters: an object has at most 1.5 MiB in etcd, its JSON may be longer. */
const MOST = 8 << 20;

/** Cuts a watch's stream into events: JSON, one a line. */
export class EventLines {
  readonly #decoder = new TextDecoder();
  #parts: string[] = [];
  #length = 0;

  constructor(readonly onEvent: (event: WatchEvent) => void) {}

  /** @throws KubeError when it is not what a watch sends */
  push(bytes: Uint8Array): void {
    let rest = this.#decoder.decode(bytes, { stream: true });
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      this.#parts.push(rest.slice(0, end));
      const line = this.#parts.join('');
      this.#parts = [];
      this.#length = 0;
      rest = rest.slice(end + 1);
      if (line.trim() !== '') this.onEvent(parsed(line));
    }
    if (rest === '') return;
    this.#length += rest.length;
    if (this.#length > MOST) throw new KubeError(0, `an event of over ${MOST} characters`);
    this.#parts.push(rest);
  }
}

function parsed(line: string): WatchEvent {
  try {
    const event = JSON.parse(line) as Partial<WatchEvent>;
    if (typeof event.type === 'string' && typeof event.object === 'object' && event.object !== null)
      return event as WatchEvent & { object: KubeObject };
  } catch {
    // said below
  }
  throw new KubeError(0, `the watch sent what is no event: ${JSON.stringify(line.slice(0, 80))}`);
}
