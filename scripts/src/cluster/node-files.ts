import { DNS_ADDRESS, POD_NETWORK } from './cluster-plan.js';

/*
 * What containerd, the CNI plugins, kubelet and kube-proxy of every node read. @NODE@ and @NUMBER@ are filled in by
 * node-init.sh. JSON is YAML too.
 */

export function containerdToml(pauseImage: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
[debug]
  level = "warn"
[plugins."io.containerd.internal.v1.opt"]
  path = "/run/containerd/opt"
[${cri}]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [${cri}.cni]
    bin_dir = "/usr/lib/cni"
  [${cri}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [${cri}.containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}

export function cniNetwork(): object {
  const ranges = [[{ subnet: '10.244.@NUMBER@.0/24' }]];
  const ipam = { type: 'host-local', ranges, routes: [{ dst: '0.0.0.0/0' }] };
  const bridge = { type: 'bridge', bridge: 'cni0', isGateway: true, hairpinMode: true, ipMasq: false, ipam };
  const portmap = { type: 'portmap', capabilities: { portMappings: true }, snat: true };
  return { cniVersion: '0.4.0', name: 'cluster', plugins: [bridge, portmap] };
}

export function kubeletConfig(dir: string, group: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      x509: { clientCAFile: `${dir}/pki/ca.crt` },
      webhook: { enabled: true },
      anonymous: { enabled: false },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: `${dir}/pki/@NODE@-server.crt`,
    tlsPrivateKeyFile: `${dir}/pki/@NODE@-server.key`,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${group}/@NODE@`,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    failCgroupV1: false,
    oomScoreAdj: 0,
    clusterDomain: 'cluster.local',
    clusterDNS: [DNS_ADDRESS],
    resolvConf: `${dir}/resolv.conf`,
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
    // Everything shares one machine: it is not the nodes that run out of room.
    evictionHard: { 'memory.available': '10Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    nodeStatusUpdateFrequency: '4s',
    syncFrequency: '10s',
    registerNode: true,
    readOnlyPort: 0,
  };
}

export function kubeProxyConfig(dir: string): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: `${dir}/kube/kube-proxy` },
    hostnameOverride: '@NODE@',
    mode: 'iptables',
    clusterCIDR: POD_NETWORK,
    // These limits are the machine's, not a namespace's.
    conntrack: { maxPerCore: 0, min: 0 },
  };
}
