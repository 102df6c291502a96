import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Log, SnoopyError } from '@snoopy/proto';
import type { Access } from './access/access.js';
import { AccessControl } from './access/access-control.js';
import { AuditFile } from './access/audit-file.js';
import type { AgentAuthority, ClientAuthority } from './access/authority.js';
import { IssuerFile } from './access/issuer-file.js';
import { KeyRing } from './access/key-ring.js';
import { KubernetesAgents } from './access/kubernetes-agents.js';
import { KubernetesClients } from './access/kubernetes-clients.js';
import { LocalTokens } from './access/local-tokens.js';
import { openAccess } from './access/open-access.js';
import { tokenIn } from './access/token-files.js';
import { CertificateKeeper } from './certificates/certificate-keeper.js';
import type { CertificateStore } from './certificates/certificate-store.js';
import { FileIdentity } from './certificates/file-identity.js';
import { FolderStore } from './certificates/folder-store.js';
import { IdentityFeed } from './certificates/identity.js';
import type { CertificateRules } from './certificates/plan.js';
import { SecretStore } from './certificates/secret-store.js';
import { type Config, openToOthers } from './config.js';
import type { KubeApi } from './kubernetes/kube-api.js';
import { KubeQuestions } from './kubernetes/kube-questions.js';
import { ownNamespace } from './kubernetes/own-namespace.js';

const HOUR_MS = 3_600_000;
const AUTHORITY_DAYS = 3_650;
/** In a cluster renewing costs nobody anything; elsewhere people copy files. */
const DAYS = { kubernetes: 90, local: 825 } as const;

const noKeys =
  'the cluster’s token keys cannot be read (GET /openid/v1/jwks): while the API server is away no agent will be admitted';

/** Everything about who may call. */
export interface Trust {
  readonly access: Access;
  /** What the gRPC ports show; undefined: plain text. */
  readonly feed: IdentityFeed | undefined;
  stop(): void;
}

export interface TrustParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** The Kubernetes API, where there is one. */
  readonly kube: KubeApi | undefined;
}

/** Chooses and starts what --trust says. Throws SnoopyError with a sentence when something of it is not to be had. */
export async function openTrust(parts: TrustParts): Promise<Trust> {
  const { config, log } = parts;
  const trust = chosen(config, config.kubernetes === 'auto' && parts.kube !== undefined);
  if (trust !== 'none') return trust === 'local' ? openLocal(parts) : openKubernetes(parts);
  const open = openToOthers(config);
  if (open.length > 0) {
    log.warn(
      `${open.join(', ')}: reachable from other machines, in plain text, and with --trust none nobody is asked who calls. Let only those in who may see all traffic.`,
    );
  }
  return { access: openAccess, feed: undefined, stop: () => undefined };
}

function chosen(config: Config, inCluster: boolean): 'kubernetes' | 'local' | 'none' {
  if (config.trust !== 'auto') return config.trust;
  if (inCluster) return 'kubernetes';
  return openToOthers(config).length > 0 ? 'local' : 'none';
}

async function openLocal(parts: TrustParts): Promise<Trust> {
  const folder = tlsFolder(parts.config);
  const { feed, stop } = await openCertificates(parts, 'local', new FolderStore(folder));
  const tokens = {
    client: await tokenIn(join(folder, 'client')),
    agent: await tokenIn(join(folder, 'agent')),
  };
  parts.log.info({ trust: 'local', folder }, 'callers need what is in its folders agent and client');
  const known = new LocalTokens(tokens);
  return { access: control(parts, known, known), feed, stop };
}

async function openKubernetes(parts: TrustParts): Promise<Trust> {
  const { config, clock, log, kube } = parts;
  if (!kube) {
    throw new SnoopyError(
      'BAD_INPUT',
      '--trust kubernetes needs the Kubernetes API: give --kubernetes FILE, a kubeconfig, or choose --trust local.',
    );
  }
  const nowMs = (): number => clock.monotonicMs();
  const api = new KubeQuestions(kube);
  const namespace = config.namespace || (await ownNamespace());
  const where = { namespace, prefix: config['tls-secret'], owner: config['tls-owner'] };
  const certificates = await openCertificates(parts, 'kubernetes', new SecretStore(api, where));
  const keys = new KeyRing(api, new IssuerFile(join(config['data-dir'], 'issuer.json')), clock);
  await keys.start();
  if (!keys.known) log.warn(noKeys);
  const agents = config['agent-account'];
  const agentAccount = agents.includes('/') ? agents : `${namespace}/${agents}`;
  log.info({ trust: 'kubernetes', agents: agentAccount }, 'callers are asked for their tokens');
  const clients = new KubernetesClients(api, config['client-audience'], nowMs);
  return {
    access: control(parts, clients, new KubernetesAgents(api, keys, agentAccount, nowMs)),
    feed: certificates.feed,
    stop: () => {
      certificates.stop();
      keys.stop();
    },
  };
}

function control(parts: TrustParts, clients: ClientAuthority, agents: AgentAuthority): Access {
  const { config, clock, log } = parts;
  const failed = (error: Error): void => log.error({ err: error }, 'the audit cannot be written');
  const audit = new AuditFile(config['audit-log'], () => new Date(clock.nowUs() / 1_000), failed);
  return new AccessControl(clients, agents, audit, clock);
}

async function openCertificates(
  { config, clock, log }: TrustParts,
  trust: keyof typeof DAYS,
  store: CertificateStore,
): Promise<{ feed: IdentityFeed; stop: () => void }> {
  const feed = new IdentityFeed();
  const keeper =
    config.certificates === 'existing'
      ? new FileIdentity(tlsFolder(config), feed, log)
      : new CertificateKeeper({
          store,
          ...(trust === 'kubernetes' ? { copy: new FolderStore(tlsFolder(config)) } : {}),
          rules: rules(config, trust),
          own: 'aggregator',
          feed,
          clock,
          log,
        });
  await keeper.start();
  return { feed, stop: () => keeper.stop() };
}

function rules(config: Config, trust: keyof typeof DAYS): CertificateRules {
  // A pod's name changes with every start; its certificate should not.
  const own = [
    'snoopy-aggregator',
    'localhost',
    '127.0.0.1',
    '::1',
    ...(trust === 'local' ? [hostname()] : []),
  ];
  const names = [...new Set([...own, ...config['tls-names']])];
  return {
    subjects: {
      aggregator: { name: 'snoopy-aggregator', names, usage: 'server' },
      agent: { name: 'snoopy-agent', names: ['snoopy-agent'], usage: 'client' },
    },
    authorityDays: AUTHORITY_DAYS,
    issuedDays: DAYS[trust],
    spreadMs: 24 * HOUR_MS,
  };
}

function tlsFolder(config: Config): string {
  return config['tls-dir'] || join(config['data-dir'], 'tls');
}
