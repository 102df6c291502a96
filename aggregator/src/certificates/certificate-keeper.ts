import { type Clock, type Log, SnoopyError } from '@snoopy/proto';
import { type Bag, type CertificateStore, caFile, certificateFile, keyFile } from './certificate-store.js';
import type { IdentityFeed } from './identity.js';
import { belongTogether, type Pair, pemBlocks } from './pair.js';
import { type CertificateRules, planCertificates } from './plan.js';

/** Where the authorities are kept: their certificates in one file, their keys in another, newest first. */
const CA_BAG = 'ca';
const CA_KEYS = 'ca.key';
/** For people: the authorities' certificates, nothing secret. */
const CLIENT_BAG = 'client';
/** Others may write at the same moment, as often as there are replicas. */
const TRIES = 10;
const LOOK_MS = 60_000;

export interface KeeperParts {
  readonly store: CertificateStore;
  /** Keeps a copy of our own identity, for a start without the store. */
  readonly copy?: CertificateStore;
  readonly rules: CertificateRules;
  /** Which of the subjects we are. */
  readonly own: string;
  readonly feed: IdentityFeed;
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes certificates, renews them in time and gives our own to the feed. */
export class CertificateKeeper {
  #timer: NodeJS.Timeout | undefined;
  #failed = false;

  constructor(readonly parts: KeeperParts) {}

  /** Resolves when there is an identity. Throws SnoopyError UNAVAILABLE when the store cannot be reached and no copy is there. */
  async start(): Promise<void> {
    const { feed, log } = this.parts;
    try {
      await this.look();
    } catch (error) {
      await this.#useCopy();
      if (!feed.now) throw error;
      log.warn({ reason: (error as Error).message }, 'certificates: going on with the copy of the last run');
    }
    this.#timer = setInterval(() => void this.#lookAgain(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks once: makes what is missing or ends soon, and tells the feed what we are. */
  async look(): Promise<void> {
    for (let i = 0; i < TRIES; i++) if (await this.#tryLook()) return;
    throw new SnoopyError(
      'UNAVAILABLE',
      `Certificates in ${this.parts.store.place}: others change them all the time; run one aggregator, or name another place.`,
    );
  }

  async #lookAgain(): Promise<void> {
    try {
      await this.look();
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.parts.log.warn({ reason: (error as Error).message }, 'certificates');
      this.#failed = true;
    }
  }

  /** @returns false when somebody else wrote in between */
  async #tryLook(): Promise<boolean> {
    const { store, rules, clock } = this.parts;
    const caBag = await store.read(CA_BAG);
    const kept = Object.keys(rules.subjects);
    const bags = new Map(
      await Promise.all(kept.map(async (name) => [name, await store.read(name)] as const)),
    );
    const issued = Object.fromEntries(kept.map((name) => [name, pairOf(bags.get(name))]));
    const before = { authorities: authoritiesOf(caBag), issued };
    const plan = planCertificates(before, rules, clock.nowUs() / 1_000);
    const ca = plan.authorities.map(({ certificate }) => certificate).join('');
    const keys = plan.authorities.map(({ key }) => key).join('');
    if (!(await this.#put(CA_BAG, { [caFile]: ca, [CA_KEYS]: keys }, caBag))) return false;
    for (const name of kept) {
      const { certificate, key } = plan.issued[name]!;
      const files = { [caFile]: ca, [certificateFile]: certificate, [keyFile]: key };
      if (!(await this.#put(name, files, bags.get(name)))) return false;
    }
    if (!(await this.#put(CLIENT_BAG, { [caFile]: ca }, await store.read(CLIENT_BAG)))) return false;
    await this.#become({ ca, ...plan.issued[this.parts.own]! });
    return true;
  }

  async #put(bag: string, files: Record<string, string>, before: Bag | undefined): Promise<boolean> {
    if (before && Object.entries(files).every(([name, text]) => before.files[name] === text)) return true;
    const { store, log } = this.parts;
    if (!(await store.write(bag, { ...before?.files, ...files }, before?.version))) return false;
    log.info({ place: store.place, certificates: bag }, 'certificates written');
    return true;
  }

  async #become({ ca, certificate, key }: Pair & { readonly ca: string }): Promise<void> {
    const { feed, copy, own } = this.parts;
    if (!feed.put({ ca, certificate, key }) || !copy) return;
    const files = { [caFile]: ca, [certificateFile]: certificate, [keyFile]: key };
    await copy.write(own, files, (await copy.read(own))?.version);
  }

  async #useCopy(): Promise<void> {
    const { copy, own, feed } = this.parts;
    const bag = await copy?.read(own).catch(() => undefined);
    const pair = pairOf(bag);
    if (pair) feed.put({ ca: bag!.files[caFile] ?? '', ...pair });
  }
}

/** What a bag holds, if it is whole. */
function pairOf(bag: Bag | undefined): Pair | undefined {
  const certificate = bag?.files[certificateFile] ?? '';
  const key = bag?.files[keyFile] ?? '';
  return isPair({ certificate, key }) ? { certificate, key } : undefined;
}

function authoritiesOf(bag: Bag | undefined): Pair[] {
  const keys = pemBlocks(bag?.files[CA_KEYS] ?? '');
  return pemBlocks(bag?.files[caFile] ?? '')
    .map((certificate, i) => ({ certificate, key: keys[i] ?? '' }))
    .filter(isPair);
}

function isPair(pair: Pair): boolean {
  try {
    return pair.certificate !== '' && pair.key !== '' && belongTogether(pair);
  } catch {
    return false;
  }
}
