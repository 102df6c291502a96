import type { PodInfo, PodNetwork, PodSource } from '../../src/pods/pod-source.js';

/** A pod with nothing special about it. */
export function aPod(more: Partial<PodInfo> = {}): PodInfo {
  return {
    uid: 'u1',
    namespace: 'shop',
    name: 'web',
    labels: {},
    ips: [],
    hostNetwork: false,
    sandboxId: 's1',
    ready: true,
    containers: [],
    ...more,
  };
}

/** Says where pods are, as told; `network` may be changed or made a function that is asked each time. */
export class FakePods implements Pick<PodSource, 'locate'> {
  asked = 0;

  constructor(public network: PodNetwork | undefined | ((time: number) => PodNetwork | undefined)) {}

  async locate(): Promise<PodNetwork | undefined> {
    const time = this.asked++;
    return typeof this.network === 'function' ? this.network(time) : this.network;
  }
}
