import type { ChartValue } from './values.js';

type Schema = Record<string, unknown>;

const LEVEL = { enum: ['debug', 'info', 'warn', 'error'] };
const BYTES = { type: 'string', pattern: '^[0-9]+([KMG]iB|[kMG]B)?$' };
const QUANTITY = { type: ['string', 'integer', 'number'] };
const COUNT_OR_SHARE = { type: ['string', 'integer'], pattern: '^[0-9]+%$' };
const NAMED_VALUES = { type: 'array', items: { type: 'object', required: ['name'] } };

/** What a default does not tell. */
const KNOWN: Readonly<Record<string, Schema>> = {
  'image.pullPolicy': { enum: ['Always', 'IfNotPresent', 'Never'] },
  'image.pullSecrets': { type: 'array', items: { type: 'string' } },
  'trust.mode': { enum: ['kubernetes', 'none'] },
  'trust.certificates': { enum: ['auto', 'certManager', 'existing'] },
  'trust.names': { type: 'array', items: { type: 'string' } },
  'agent.flows': { enum: ['kernel', 'packets', 'auto', 'off'] },
  'agent.namespaces': { type: 'array', items: { type: 'string' } },
  'jobs.policy': { enum: ['auto', 'on', 'off'] },
  'jobs.namespaces': { type: 'array', items: { type: 'string' } },
  'jobs.collectors': { type: 'array', items: { type: 'string' } },
  'agent.policy.tools': { type: 'array', items: { type: 'string' } },
  'agent.policy.namespaces': { type: 'array', items: { type: 'string' } },
  'agent.policy.maxTime': { type: 'string', pattern: '^[0-9]+[smh]$' },
  'agent.policy.maxBytes': BYTES,
  'agent.policy.snaplen': { type: 'integer', minimum: 64, maximum: 262_144 },
  'agent.packetMemory': BYTES,
  'agent.flowMemory': BYTES,
  'agent.uplinkMemory': BYTES,
  'agent.logLevel': LEVEL,
  'agent.appArmor': { enum: ['Unconfined', 'RuntimeDefault', ''] },
  'agent.runtime.directory': { type: 'string', pattern: '^/' },
  'agent.netns': { type: 'string', pattern: '^/' },
  'agent.maxUnavailable': COUNT_OR_SHARE,
  'agent.env': NAMED_VALUES,
  'aggregator.replicas': { type: 'integer', minimum: 0 },
  'aggregator.metricsSeries': { type: 'integer', minimum: 100, maximum: 1_000_000 },
  'aggregator.subscribers': { type: 'integer', minimum: 1, maximum: 10_000 },
  'aggregator.logLevel': LEVEL,
  'aggregator.persistence.size': { type: 'string', pattern: '^[0-9]+[KMGT]i$' },
  'aggregator.service.type': { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
  'aggregator.podDisruptionBudget.maxUnavailable': COUNT_OR_SHARE,
  'aggregator.env': NAMED_VALUES,
};

/** values.schema.json: refuses names that are not there and values that cannot work. */
export function schemaOf(values: readonly ChartValue[]): Schema {
  const top: Schema = { $schema: 'http://json-schema.org/draft-07/schema#', title: 'Values', ...object() };
  // Set by Helm for charts that hold this one.
  (top.properties as Schema).global = { type: 'object' };
  for (const value of values) {
    let place = top;
    for (const key of value.path.slice(0, -1)) {
      const properties = place.properties as Record<string, Schema>;
      properties[key] ??= object();
      place = properties[key];
    }
    (place.properties as Schema)[value.path.at(-1)!] = { description: value.text, ...typeOf(value) };
  }
  return top;
}

function object(): Schema {
  return { type: 'object', additionalProperties: false, properties: {} };
}

function typeOf({ path, fallback }: ChartValue): Schema {
  const name = path.join('.');
  if (KNOWN[name]) return KNOWN[name];
  if (/\.resources\./.test(name)) return QUANTITY;
  if (Array.isArray(fallback)) return { type: 'array' };
  if (typeof fallback === 'number') return { type: 'integer', minimum: 0 };
  return { type: typeof fallback };
}
