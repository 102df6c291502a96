import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { image } from './busybox-image.js';

/** A bridge of our own and the network on it. */
export interface RigNetwork {
  readonly bridge: string;
  /** The first three bytes of a /24, dotted. The bridge has .1, pods from .2 on. */
  readonly prefix: string;
  /** The first four groups of a /64 that pods have addresses of, too; undefined: IPv4 only. */
  readonly prefix6?: string | undefined;
}

/**
 * Takes a free network: the link's name holds the subnet's number and making a link is atomic in the kernel, so two
 * rigs at once never get the same. No sysctl and no firewall rule is changed: pods reach each other and this machine.
 */
export function makeNetwork(ipv6: boolean): RigNetwork {
  const first = process.pid % 200;
  for (let i = 0; i < 200; i++) {
    const number = (first + i) % 200;
    const bridge = `snprig${number}`;
    const made = spawnSync('ip', ['link', 'add', bridge, 'type', 'bridge'], { encoding: 'utf8' });
    if (made.status === 0) {
      const prefix = `10.213.${number}`;
      execFileSync('ip', ['addr', 'add', `${prefix}.1/24`, 'dev', bridge]);
      execFileSync('ip', ['link', 'set', bridge, 'up']);
      return { bridge, prefix, prefix6: ipv6 ? `fd77:213:${number}:0` : undefined };
    }
    if (!made.stderr.includes('File exists')) throw new Error(`no bridge can be made: ${made.stderr.trim()}`);
  }
  throw new Error('200 rigs are there already; ip link show type bridge lists what was left behind');
}

/** Writes containerd's configuration and the CNI network's into `dir`. */
export function writeConfig(dir: string, network: RigNetwork): void {
  mkdirSync(join(dir, 'cni'), { recursive: true });
  writeFileSync(join(dir, 'config.toml'), containerdToml(dir));
  writeFileSync(join(dir, 'cni/10-rig.conflist'), JSON.stringify(cniNetwork(dir, network)));
}

function cniNetwork(dir: string, network: RigNetwork): object {
  const { prefix, prefix6 } = network;
  const ranges = [[{ subnet: `${prefix}.0/24`, gateway: `${prefix}.1` }]];
  if (prefix6 !== undefined) ranges.push([{ subnet: `${prefix6}::/64`, gateway: `${prefix6}::1` }]);
  const ipam = {
    type: 'host-local',
    dataDir: join(dir, 'ipam'),
    ranges,
    routes: [{ dst: '0.0.0.0/0' }],
  };
  // Not `isGateway`: that would switch on forwarding for the whole machine.
  return {
    cniVersion: '0.4.0',
    name: `rig-${network.bridge}`,
    plugins: [{ type: 'bridge', bridge: network.bridge, isGateway: false, ipMasq: false, ipam }],
  };
}

function containerdToml(dir: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = "${dir}/root"
state = "${dir}/state"
[grpc]
  address = "${dir}/containerd.sock"
[debug]
  level = "warn"
[plugins."io.containerd.internal.v1.opt"]
  path = "${dir}/opt"
[${cri}]
  sandbox_image = "${image}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  [${cri}.cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${dir}/cni"
  [${cri}.containerd]
    snapshotter = "native"
    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [${cri}.containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = "${dir}/runc"
`;
}
