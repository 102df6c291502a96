import { accepted, type KubeApi, type KubeObject } from '../kubernetes/kube-api.js';
import { timeText } from './job-object.js';

export const ENDPOINTS_PATH = '/apis/data.fennecproject.io/v1alpha1';

/** A SnoopyDataEndpoint: with the original a service of its own, here a name for the aggregator. */
export interface DataEndpoint {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly serviceName: string;
  readonly address: string;
}

export function dataEndpoint(object: KubeObject): DataEndpoint {
  const { metadata = {} } = object;
  const { spec = {}, status = {} } = object as {
    spec?: { serviceName?: string };
    status?: { address?: string };
  };
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    serviceName: spec.serviceName ?? '',
    address: status.address ?? '',
  };
}

/** Whether a collector `host:port` is the service that an endpoint names: `NAME`, `NAME.NAMESPACE`, `NAME.NAMESPACE.svc…`. */
export function namesEndpoint(collector: string, endpoints: Iterable<DataEndpoint>): boolean {
  const [name = ''] = collector.replace(/:\d+$/, '').split('.');
  for (const { serviceName } of endpoints) if (serviceName === name) return true;
  return false;
}

/** Says in an endpoint's status where the aggregator is. Rejects with KubeError. */
export async function answerEndpoint(
  api: KubeApi,
  endpoint: DataEndpoint,
  address: string,
  nowMs: number,
): Promise<void> {
  const { namespace, name, uid } = endpoint;
  const message = `Jobs that name ${endpoint.serviceName} keep what they get in the aggregator, at ${address}.`;
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'Aggregator',
    message,
    lastTransitionTime: timeText(nowMs),
  };
  accepted(
    await api.request({
      method: 'PATCH',
      path: `${ENDPOINTS_PATH}/namespaces/${namespace}/snoopydataendpoints/${name}/status`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { uid }, status: { address, conditions: [condition] } },
    }),
  );
}
