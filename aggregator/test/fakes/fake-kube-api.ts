import {
  type KubeAnswer,
  type KubeApi,
  KubeError,
  type KubeObject,
  type KubeRequest,
  type WatchEvent,
} from '../../src/kubernetes/kube-api.js';

/** A watch that is open on the fake. */
export interface FakeWatch {
  readonly request: KubeRequest;
  send(type: WatchEvent['type'], object: KubeObject): void;
  /** The server ends it in good order. */
  end(): void;
  /** It breaks off, or is refused. */
  fail(error: KubeError): void;
}

/** A fake of the API server: it answers what a test tells it to. Where a real one can be had, use that. */
export class FakeKubeApi implements KubeApi {
  readonly requests: KubeRequest[] = [];
  readonly watches: FakeWatch[] = [];
  /** Answers requests that are no watches. */
  answer: (request: KubeRequest) => KubeAnswer | KubeError = () => ({ status: 404, body: {} });
  /** Watches are refused with this. */
  refuseWatch: KubeError | undefined;

  async request(request: KubeRequest): Promise<KubeAnswer> {
    this.requests.push(request);
    const answer = this.answer(request);
    if (answer instanceof KubeError) throw answer;
    return answer;
  }

  watch(
    request: KubeRequest,
    onEvent: (event: WatchEvent) => void,
    signal: AbortSignal,
    onActivity: () => void = () => {},
  ): Promise<void> {
    if (this.refuseWatch) return Promise.reject(this.refuseWatch);
    return new Promise((resolve, reject) => {
      const send: FakeWatch['send'] = (type, object) => {
        onActivity();
        try {
          onEvent({ type, object });
        } catch (error) {
          reject(error);
        }
      };
      this.watches.push({ request, send, end: resolve, fail: reject });
      signal.addEventListener('abort', () => reject(new KubeError(0, 'aborted')), { once: true });
    });
  }
}

/** A list of named objects, one page. */
export function listOf(version: string, names: readonly string[], next = ''): KubeAnswer {
  const items = names.map((name) => thing(name));
  return { status: 200, body: { metadata: { resourceVersion: version, continue: next }, items } };
}

export function thing(name: string, version = '1', labels: Record<string, string> = {}): KubeObject {
  return { metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: version, labels } };
}
