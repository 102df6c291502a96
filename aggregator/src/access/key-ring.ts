import type { Clock } from '@snoopy/proto';
import type { KubeQuestions } from '../kubernetes/kube-questions.js';
import { isSigned, type Jwk, type Jwt } from './jwt.js';

/** Who signs the cluster's service-account tokens. */
export interface Issuer {
  readonly issuer: string;
  readonly keys: readonly Jwk[];
}

/** Port: keeps the issuer over a restart. */
export interface KeptIssuer {
  read(): Promise<Issuer | undefined>;
  write(issuer: Issuer): Promise<void>;
}

const LOOK_MS = 10 * 60_000;
/** RFC 7517, 8.5.2; the API server gives it as nothing else. */
const KEY_SET = 'application/jwk-set+json';

/** The keys of the cluster's token issuer, for when it cannot be asked. */
export class KeyRing {
  #issuer: Issuer | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly api: KubeQuestions,
    readonly kept: KeptIssuer,
    readonly clock: Clock,
  ) {}

  async start(): Promise<void> {
    this.#issuer = await this.kept.read();
    this.#timer = setInterval(() => void this.look().catch(() => undefined), LOOK_MS).unref();
    await this.look().catch(() => undefined);
  }

  /** Whether tokens can be verified without the API server. */
  get known(): boolean {
    return this.#issuer !== undefined;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Gets the keys of now. Throws SnoopyError UNAVAILABLE when nobody answers. */
  async look(): Promise<void> {
    const discovery = await this.api.call('GET', '/.well-known/openid-configuration');
    const set = await this.api.call('GET', '/openid/v1/jwks', undefined, KEY_SET);
    const { issuer } = (discovery.body ?? {}) as { issuer?: string };
    const { keys } = (set.body ?? {}) as { keys?: Jwk[] };
    if (!issuer || !keys?.length) return;
    const found = { issuer, keys };
    if (JSON.stringify(found) === JSON.stringify(this.#issuer)) return;
    this.#issuer = found;
    await this.kept.write(found);
  }

  /** Why a token is not good for an audience; undefined: it is. */
  fault(jwt: Jwt, audience: string): string | undefined {
    const { claims } = jwt;
    if (!this.#issuer) return 'the keys of the cluster are not known yet';
    if (!isSigned(jwt, this.#issuer.keys)) return 'its signature is not the cluster’s';
    if (claims.iss !== this.#issuer.issuer) return 'another cluster issued it';
    if (![claims.aud].flat().includes(audience)) return `it is not for ${audience}`;
    const nowSeconds = this.clock.nowUs() / 1e6;
    if (!(Number(claims.exp) > nowSeconds)) return 'it has ended';
    if (claims.nbf !== undefined && !(Number(claims.nbf) <= nowSeconds + 60)) return 'it has not begun';
    return undefined;
  }
}
