import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeBusyboxImage, image as pauseImage } from '../rig/busybox-image.js';
import { writeImageArchive } from '../rig/image-archive.js';
import { kubeconfig, makeCertificates } from './certificates.js';
import { type ClusterPlan, cgroupOf, kubeconfigOf } from './cluster-plan.js';
import { DNS_IMAGE, nameService } from './name-service.js';
import { cniNetwork, containerdToml, kubeletConfig, kubeProxyConfig } from './node-files.js';

/** Writes everything into the cluster's folder that its first process and the nodes read. */
export function prepare(plan: ClusterPlan): void {
  const write = (name: string, content: object | string): void =>
    writeFileSync(
      join(plan.dir, name),
      typeof content === 'string' ? content : JSON.stringify(content, null, 1),
    );
  for (const folder of ['kube', 'images']) mkdirSync(join(plan.dir, folder), { recursive: true });
  makeCertificates(plan);
  const holders = ['kube-controller-manager', 'kube-scheduler', 'kube-proxy', ...plan.nodes];
  for (const holder of holders) write(`kube/${holder}`, kubeconfig(plan, holder));
  writeFileSync(kubeconfigOf(plan.dir), kubeconfig(plan, 'admin'), { mode: 0o600 });
  write('cluster.env', environment(plan));
  write('audit.yaml', auditPolicy());
  write('containerd.toml', containerdToml(pauseImage));
  write('cni.conflist', cniNetwork());
  write('kubelet.yaml', kubeletConfig(plan.dir, cgroupOf(plan.dir)));
  write('kube-proxy.yaml', kubeProxyConfig(plan.dir));
  // The name service answers everything; a pod that does not use it reaches nobody outside anyway.
  write('resolv.conf', 'nameserver 127.0.0.1\n');
  write('name-service.json', {
    apiVersion: 'v1',
    kind: 'List',
    items: [...nameService(), kubeProxyRights()],
  });
  makeBusyboxImage(join(plan.dir, 'images'));
  copyFileSync(dnsImage(plan.programs), join(plan.dir, 'images/coredns.tar'));
}

/** The API server's log tells what pods ask of it (logs/audit.log), a line of JSON each. */
function auditPolicy(): object {
  const rules = [
    { level: 'Metadata', userGroups: ['system:serviceaccounts'], omitStages: ['RequestReceived'] },
    { level: 'None' },
  ];
  return { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules };
}

function environment(plan: ClusterPlan): string {
  const words = {
    BIN: plan.programs,
    FABRIC: plan.fabric,
    LINK: `${plan.link}p`,
    NODES: plan.nodes.join(' '),
  };
  return Object.entries(words)
    .map(([key, value]) => `${key}='${value}'\n`)
    .join('');
}

/** The API server brings the role, whoever installs kube-proxy binds it. */
function kubeProxyRights(): object {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node-proxier' };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:kube-proxy' }];
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'kube-proxy' },
    roleRef,
    subjects,
  };
}

/** An image of the CoreDNS program alone, made once and kept beside it. */
function dnsImage(programs: string): string {
  const tar = join(programs, 'coredns.tar');
  if (existsSync(tar)) return tar;
  const work = mkdtempSync(join(programs, '.image-'));
  const root = join(work, 'root');
  mkdirSync(root);
  copyFileSync(join(programs, 'coredns'), join(root, 'coredns'));
  writeImageArchive(join(work, 'image.tar'), work, {
    name: DNS_IMAGE,
    root,
    config: { Entrypoint: ['/coredns'] },
  });
  renameSync(join(work, 'image.tar'), tar);
  rmSync(work, { recursive: true });
  return tar;
}
