import type { ControlPlane } from '@snoopy/scripts/rig/control-plane';
import { apiPod, type PodSpec } from './cluster-world.js';

const MERGE_PATCH = 'application/merge-patch+json';

/** Makes objects in a real API server, where no controller and no kubelet is: what they would write is written here. */
export class ApiObjects {
  constructor(readonly plane: ControlPlane) {}

  async namespace(name: string): Promise<void> {
    await this.plane.call('POST', '/api/v1/namespaces', { metadata: { name } });
    // What a controller would make; without it pods are refused.
    await this.plane.call('POST', `/api/v1/namespaces/${name}/serviceaccounts`, {
      metadata: { name: 'default' },
    });
  }

  /** A running pod. @returns its uid */
  async pod(name: string, spec: PodSpec = {}): Promise<string> {
    const { namespace = 'shop', node = 'node-a', ip, startedS } = spec;
    const { metadata } = apiPod(name, spec);
    const { uid: _, ...meta } = { ...metadata, ...(spec.owner ? {} : { ownerReferences: [] }) };
    const body = {
      metadata: meta,
      spec: {
        nodeName: node,
        containers: [{ name: 'a', image: 'a' }],
        hostNetwork: spec.hostNetwork ?? false,
      },
    };
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const made = await this.plane.call<{ metadata: { uid: string } }>('POST', path, body);
    const status = { phase: 'Running', ...(ip ? { podIP: ip, podIPs: [{ ip }] } : {}) };
    if (startedS === undefined || ip)
      await this.plane.call('PATCH', `${path}/${name}/status`, { status }, MERGE_PATCH);
    return made.metadata.uid;
  }

  async label(name: string, labels: Record<string, string | null>, namespace = 'shop'): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    await this.plane.call('PATCH', path, { metadata: { labels } }, MERGE_PATCH);
  }

  async deletePod(name: string, namespace = 'shop'): Promise<void> {
    await this.plane.call('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`);
  }

  /** A ReplicaSet of a Deployment. @returns its uid */
  async replicaSet(name: string, deployment: string): Promise<string> {
    const metadata = {
      name,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: deployment,
          uid: `uid-${deployment}`,
          controller: true,
        },
      ],
    };
    const template = {
      metadata: { labels: { rs: name } },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    };
    const spec = { replicas: 0, selector: { matchLabels: { rs: name } }, template };
    const path = '/apis/apps/v1/namespaces/shop/replicasets';
    return (await this.plane.call<{ metadata: { uid: string } }>('POST', path, { metadata, spec })).metadata
      .uid;
  }

  async service(name: string, clusterIP: string, podUid: string, pod: string, ip: string): Promise<void> {
    const spec = { clusterIP, ports: [{ port: 80 }] };
    await this.plane.call('POST', '/api/v1/namespaces/shop/services', { metadata: { name }, spec });
    const labels = { 'kubernetes.io/service-name': name };
    const targetRef = { kind: 'Pod', namespace: 'shop', name: pod, uid: podUid };
    await this.plane.call('POST', '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices', {
      metadata: { name: `${name}-1`, labels },
      addressType: 'IPv4',
      endpoints: [{ addresses: [ip], targetRef }],
      ports: [{ port: 80 }],
    });
  }

  async node(name: string, ip: string, zone: string): Promise<void> {
    const metadata = { name, labels: { 'topology.kubernetes.io/zone': zone } };
    await this.plane.call('POST', '/api/v1/nodes', { metadata });
    const status = { addresses: [{ type: 'InternalIP', address: ip }] };
    await this.plane.call('PATCH', `/api/v1/nodes/${name}/status`, { status }, MERGE_PATCH);
  }
}
