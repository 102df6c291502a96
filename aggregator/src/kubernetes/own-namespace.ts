import { readFile } from 'node:fs/promises';

/** The namespace of the pod that we are in, as the kubelet mounts it; 'default' outside of one. */
export async function ownNamespace(): Promise<string> {
  const file = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
  return (await readFile(file, 'utf8').catch(() => 'default')).trim();
}
