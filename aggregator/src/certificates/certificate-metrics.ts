import { Gauge, type Registry } from 'prom-client';
import type { Identity } from './identity.js';
import { lifeOf, pemBlocks } from './pair.js';

/** When the certificates end that TLS shows and believes now; no series without TLS. */
export function addCertificateMetrics(registry: Registry, identity: () => Identity | undefined): void {
  new Gauge({
    name: 'snoopy_certificate_expiry_timestamp_seconds',
    help: 'Unix time at which a certificate in use ends: the aggregator’s own, and the last of the authorities.',
    labelNames: ['certificate'],
    registers: [registry],
    collect() {
      this.reset();
      const now = identity();
      if (!now) return;
      this.set({ certificate: 'aggregator' }, endOf(now.certificate));
      // Old authorities are believed until they end, which harms nobody once there is a newer one.
      const authorities = pemBlocks(now.ca).map(endOf);
      if (authorities.length > 0) this.set({ certificate: 'authority' }, Math.max(...authorities));
    },
  });
}

function endOf(certificate: string): number {
  return lifeOf(certificate).toMs / 1_000;
}
