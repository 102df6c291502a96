/** A request to the Kubernetes API. */
export interface KubeRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Such as `/api/v1/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly accept?: string;
  readonly body?: unknown;
  /** Of the body; JSON when absent. */
  readonly contentType?: string;
}

export interface KubeAnswer {
  /** Of HTTP. */
  readonly status: number;
  /** The JSON; a Status object when the request was refused. */
  readonly body: unknown;
}

/** An event of a watch. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

/** The parts of any object that everything here needs. Written by others: check what you read. */
export interface KubeObject {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
  };
  /** Of a Status. */
  readonly code?: number;
  readonly message?: string;
  readonly reason?: string;
}

export interface OwnerReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly uid?: string;
  readonly controller?: boolean;
}

/** Port: the Kubernetes API server. Calls reject with KubeError. */
export interface KubeApi {
  request(request: KubeRequest, signal?: AbortSignal): Promise<KubeAnswer>;
  /**
   * Follows a watch until the server ends it. Rejects when it does not begin or breaks off.
   * @param onActivity called for whatever comes, also what is no whole event yet
   */
  watch(
    request: KubeRequest,
    onEvent: (event: WatchEvent) => void,
    signal: AbortSignal,
    onActivity?: () => void,
  ): Promise<void>;
}

/** Why the API server did not do it. */
export class KubeError extends Error {
  override readonly name = 'KubeError';

  /** @param status of HTTP, 0: it was not reached, or did not answer in time */
  constructor(
    readonly status: number,
    message: string,
    readonly reason = '',
  ) {
    super(message);
  }
}

/** The answer's object. Throws KubeError with the server's own words when it is a refusal. */
export function accepted<T extends KubeObject>({ status, body }: KubeAnswer): T {
  if (status >= 200 && status < 300) return body as T;
  const { message = `HTTP status ${status}`, reason = '' } = (body ?? {}) as KubeObject;
  throw new KubeError(status, String(message).slice(0, 1_000), String(reason));
}
