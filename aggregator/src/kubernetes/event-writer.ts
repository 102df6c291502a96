import type { Clock } from '@snoopy/proto';
import type { KubeApi } from './kube-api.js';

/** What an Event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Writes Events, which `kubectl describe` shows. One that cannot be written is forgotten. */
export class EventWriter {
  #number = 0;

  /** @param instance makes names unique */
  constructor(
    readonly api: KubeApi,
    readonly clock: Clock,
    readonly instance: string,
  ) {}

  write(subject: EventSubject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const time = new Date(this.clock.nowUs() / 1_000).toISOString();
    const { apiVersion, kind, namespace, name, uid } = subject;
    const body = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace, name: `${name}.${this.instance.slice(0, 8)}.${this.#number++}` },
      involvedObject: { apiVersion, kind, namespace, name, uid },
      type,
      reason,
      message: message.slice(0, 1_000),
      source: { component: 'snoopy' },
      reportingComponent: 'snoopy',
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    };
    this.api
      .request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/events`, body })
      .catch(() => undefined);
  }
}
