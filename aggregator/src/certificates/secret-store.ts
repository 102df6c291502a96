import { SnoopyError } from '@snoopy/proto';
import type { KubeAnswer } from '../kubernetes/kube-api.js';
import type { KubeQuestions } from '../kubernetes/kube-questions.js';
import type { Bag, CertificateStore } from './certificate-store.js';

/** The one bag without secrets: a ConfigMap, for people. */
const PUBLIC_BAG = 'client';

interface Stored {
  readonly metadata?: { readonly resourceVersion?: string; readonly uid?: string };
  readonly data?: Readonly<Record<string, string>>;
}

export interface SecretPlace {
  readonly namespace: string;
  /** The bag `agent` is the Secret PREFIX-agent. */
  readonly prefix: string;
  /** Name of the Deployment that owns them, so that they go with it; empty: nobody does. */
  readonly owner: string;
}

/**
 * Certificates in Secrets. Writers need no lock: each write names the version that it is based on, and the API server
 * refuses it when there is a later one.
 */
export class SecretStore implements CertificateStore {
  readonly place: string;

  constructor(
    readonly api: KubeQuestions,
    readonly where: SecretPlace,
  ) {
    this.place = `Secrets ${where.namespace}/${where.prefix}-*`;
  }

  async read(bag: string): Promise<Bag | undefined> {
    const answer = await this.api.call('GET', `${this.#path(bag)}/${this.#name(bag)}`);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#refused(bag, 'get', answer);
    const { data = {}, metadata } = answer.body as Stored;
    const texts = Object.entries(data).map(([name, text]) => [name, decoded(bag, text)] as const);
    return { files: Object.fromEntries(texts), version: metadata?.resourceVersion ?? '' };
  }

  async write(
    bag: string,
    files: Readonly<Record<string, string>>,
    before: string | undefined,
  ): Promise<boolean> {
    const data = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, encoded(bag, text)]));
    const object = await this.#object(bag, data, before);
    const answer =
      before === undefined
        ? await this.api.call('POST', this.#path(bag), object)
        : await this.api.call('PUT', `${this.#path(bag)}/${this.#name(bag)}`, object);
    // Conflict, or gone meanwhile.
    if (answer.status === 409 || (answer.status === 404 && before !== undefined)) return false;
    if (answer.status >= 300) throw this.#refused(bag, before === undefined ? 'create' : 'update', answer);
    return true;
  }

  async #object(bag: string, data: Record<string, string>, before: string | undefined): Promise<object> {
    const { namespace, owner } = this.where;
    const metadata = {
      name: this.#name(bag),
      namespace,
      labels: { 'app.kubernetes.io/name': 'snoopy', 'app.kubernetes.io/managed-by': 'snoopy-aggregator' },
      ...(before === undefined ? {} : { resourceVersion: before }),
      ...(owner === '' ? {} : { ownerReferences: [await this.#owner()] }),
    };
    return { apiVersion: 'v1', kind: bag === PUBLIC_BAG ? 'ConfigMap' : 'Secret', metadata, data };
  }

  async #owner(): Promise<object> {
    const { namespace, owner: name } = this.where;
    const answer = await this.api.call('GET', `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
    const uid = (answer.body as Stored | undefined)?.metadata?.uid;
    if (answer.status === 200 && uid) return { apiVersion: 'apps/v1', kind: 'Deployment', name, uid };
    throw new SnoopyError(
      'UNAVAILABLE',
      `--tls-owner: the Deployment ${namespace}/${name} cannot be read (${answer.status}).`,
    );
  }

  #name(bag: string): string {
    return `${this.where.prefix}-${bag}`;
  }

  #path(bag: string): string {
    const kind = bag === PUBLIC_BAG ? 'configmaps' : 'secrets';
    return `/api/v1/namespaces/${this.where.namespace}/${kind}`;
  }

  #refused(bag: string, verb: string, { status }: KubeAnswer): SnoopyError {
    const what = `${verb} ${this.#path(bag).split('/').at(-1)} ${this.#name(bag)}`;
    return new SnoopyError(
      'UNAVAILABLE',
      `Certificates: the API server answers ${status} to ${what} in ${this.where.namespace}; give the aggregator's service account that right.`,
    );
  }
}

function encoded(bag: string, text: string): string {
  return bag === PUBLIC_BAG ? text : Buffer.from(text).toString('base64');
}

function decoded(bag: string, text: string): string {
  return bag === PUBLIC_BAG ? text : Buffer.from(text, 'base64').toString();
}
