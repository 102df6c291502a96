import * as grpc from '@grpc/grpc-js';
import type { Identity, IdentityFeed } from '../certificates/identity.js';

type Provider = Parameters<typeof grpc.experimental.createCertificateProviderServerCredentials>[0];
type IdentityListener = Parameters<Provider['addIdentityCertificateListener']>[0];
type CaListener = Parameters<Provider['addCaCertificateListener']>[0];

/** A feed as grpc-js wants it: connections made from a change on get the new identity, those that are there stay. */
class FeedProvider implements Provider {
  readonly #identity = new Map<IdentityListener, () => void>();
  readonly #ca = new Map<CaListener, () => void>();

  constructor(readonly feed: IdentityFeed) {}

  addIdentityCertificateListener(listener: IdentityListener): void {
    const stop = this.#listen(({ certificate, key }) =>
      listener({ certificate: Buffer.from(certificate), privateKey: Buffer.from(key) }),
    );
    this.#identity.set(listener, stop);
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identity.get(listener)?.();
    this.#identity.delete(listener);
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#ca.set(
      listener,
      this.#listen(({ ca }) => listener({ caCertificate: Buffer.from(ca) })),
    );
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#ca.get(listener)?.();
    this.#ca.delete(listener);
  }

  /** grpc-js hears nothing of what it is told before it has finished adding us. */
  #listen(listener: (identity: Identity) => void): () => void {
    let stop = (): void => undefined;
    let stopped = false;
    process.nextTick(() => {
      if (!stopped) stop = this.feed.listen(listener);
    });
    return () => {
      stopped = true;
      stop();
    };
  }
}

/** @param mutual whether callers must have a certificate of the same authorities */
export function tlsCredentials(feed: IdentityFeed, mutual: boolean): grpc.ServerCredentials {
  const provider = new FeedProvider(feed);
  // grpc-js 1.14 declares the first two in the other order than it takes them: identity, then authorities.
  const authorities = (mutual ? provider : null) as Provider;
  return grpc.experimental.createCertificateProviderServerCredentials(provider, authorities, mutual);
}
