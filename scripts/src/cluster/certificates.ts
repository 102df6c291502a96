import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { type ClusterPlan, nodeAddress } from './cluster-plan.js';

/** A certificate of the cluster's own authority: for whom, and for which addresses if it is a server's. */
interface Wanted {
  readonly file: string;
  readonly subject: string;
  readonly addresses?: string;
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '365'];

/** Makes the authority, every certificate and the key of service accounts in `dir`/pki. */
export function makeCertificates(plan: ClusterPlan): void {
  const pki = `${plan.dir}/pki`;
  mkdirSync(pki, { recursive: true, mode: 0o700 });
  openssl(
    'req',
    '-x509',
    ...EC,
    ...files(pki, 'ca'),
    '-subj',
    '/CN=cluster',
    ...extension('keyUsage=critical,keyCertSign,digitalSignature'),
  );
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${pki}/accounts.key`);
  for (const wanted of [...controlPlane(plan), ...plan.nodes.flatMap((_, i) => ofNode(plan, i))])
    sign(pki, wanted);
}

function controlPlane(plan: ClusterPlan): Wanted[] {
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'localhost'].map(
    (name) => `DNS:${name}`,
  );
  const addresses = [...names, 'IP:10.96.0.1', 'IP:127.0.0.1', `IP:${plan.fabric}.1`].join(',');
  return [
    { file: 'apiserver', subject: '/CN=kube-apiserver', addresses },
    { file: 'kubelet-client', subject: '/O=system:masters/CN=kube-apiserver-kubelet-client' },
    { file: 'admin', subject: '/O=system:masters/CN=admin' },
    ...['kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map((file) => ({
      file,
      subject: `/CN=system:${file}`,
    })),
  ];
}

function ofNode(plan: ClusterPlan, index: number): Wanted[] {
  const name = plan.nodes[index]!;
  const subject = `/O=system:nodes/CN=system:node:${name}`;
  const addresses = `DNS:${name},IP:${nodeAddress(plan, index)}`;
  return [
    { file: name, subject },
    { file: `${name}-server`, subject, addresses },
  ];
}

function sign(pki: string, { file, subject, addresses }: Wanted): void {
  const use = addresses ? extension(`subjectAltName=${addresses}`) : [];
  const authority = ['-CA', `${pki}/ca.crt`, '-CAkey', `${pki}/ca.key`];
  const purpose = extension(`extendedKeyUsage=${addresses ? 'serverAuth,clientAuth' : 'clientAuth'}`);
  openssl(
    'req',
    '-x509',
    ...authority,
    ...EC,
    ...files(pki, file),
    '-subj',
    subject,
    ...extension('basicConstraints=critical,CA:FALSE'),
    ...purpose,
    ...use,
  );
}

function files(pki: string, name: string): string[] {
  return ['-keyout', `${pki}/${name}.key`, '-out', `${pki}/${name}.crt`];
}

function extension(text: string): string[] {
  return ['-addext', text];
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** A kubeconfig with everything inside, for the holder of the certificate `file`. */
export function kubeconfig(plan: ClusterPlan, file: string): string {
  const base64 = (name: string): string => readFileSync(`${plan.dir}/pki/${name}`).toString('base64');
  const server = { server: `https://${plan.fabric}.1:6443`, 'certificate-authority-data': base64('ca.crt') };
  const user = { 'client-certificate-data': base64(`${file}.crt`), 'client-key-data': base64(`${file}.key`) };
  const context = `snoopy-${plan.name}`;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: context, cluster: server }],
    users: [{ name: file, user }],
    contexts: [{ name: context, context: { cluster: context, user: file } }],
    'current-context': context,
  });
}
