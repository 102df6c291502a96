/*
 * Who may touch what, as DESIGN section 4 says. A new adapter is added here, on purpose and visibly: everything not
 * listed is domain code and may import ports, never adapters.
 */

/** Modules that only adapters import: the world outside of the process. */
export const OUTSIDE = [
  /^node:(child_process|cluster|dgram|dns|fs|http|http2|https|net|tls|worker_threads)(\/|$)/,
  /^@grpc\//,
  /^@kubernetes\//,
  /^grpc-health-check$/,
  /^koffi$/,
  /^prom-client$/,
];

/** Files, or folders with a final slash, that may import those. */
export const ADAPTERS: readonly string[] = [
  'agent/src/http/http-server.ts',
  'agent/src/kernel/libbpf.ts',
  'agent/src/kernel/map-pass.ts',
  'agent/src/kernel/network-syscalls.ts',
  'agent/src/kernel/program-files.ts',
  'agent/src/kernel/program-stats.ts',
  'agent/src/kernel/programs.ts',
  'agent/src/kernel/tc-filters.ts',
  'agent/src/kernel/visitor.ts',
  'agent/src/kernel/visitor-thread.ts',
  'agent/src/kernel/visitor-work.ts',
  'agent/src/uplink/link.ts',
  'agent/src/uplink/link-secrets.ts',
  'agent/src/watch/network-mark.ts',
  'agent/src/pods/cri-client.ts',
  'agent/src/pods/cri-socket.ts',
  'agent/src/pods/cri-source.ts',
  'agent/src/pods/namespace-file.ts',
  'agent/src/pods/namespace-folders.ts',
  'agent/src/pods/netns-source.ts',
  'agent/src/podtracer/data-endpoint-client.ts',
  'agent/src/podtracer/elf-interpreter.ts',
  'agent/src/podtracer/file-sink.ts',
  'agent/src/podtracer/nsenter-launcher.ts',
  'agent/src/podtracer/output-sink.ts',
  'agent/src/podtracer/proc-namespaces.ts',
  'agent/src/podtracer/tool-output.ts',
  'proto/src/descriptors.ts',
  'proto/src/messages.ts',
  'proto/src/link-server.ts',
  'proto/src/flows-method.ts',
  'aggregator/src/capture/capture-metrics.ts',
  'aggregator/src/capture/capture-service.ts',
  'aggregator/src/certificates/certificate-metrics.ts',
  'aggregator/src/access/audit-file.ts',
  'aggregator/src/access/issuer-file.ts',
  'aggregator/src/access/token-files.ts',
  'aggregator/src/certificates/file-identity.ts',
  'aggregator/src/certificates/folder-store.ts',
  'aggregator/src/cli/disk-file.ts',
  'aggregator/src/cli/remote-server.ts',
  'aggregator/src/http/http-service.ts',
  'aggregator/src/http/metrics-endpoint.ts',
  'aggregator/src/ingest/agent-service.ts',
  'aggregator/src/ingest/node-metrics.ts',
  'aggregator/src/jobs/job-metrics.ts',
  'aggregator/src/jobs/jobs-service.ts',
  'aggregator/src/jobs/disk-run-files.ts',
  'aggregator/src/kubernetes/https-kube-api.ts',
  'aggregator/src/kubernetes/own-namespace.ts',
  'aggregator/src/legacy/data-endpoint.ts',
  'aggregator/src/legacy/pod-files.ts',
  'aggregator/src/metrics.ts',
  'aggregator/src/observe/observer-service.ts',
  'aggregator/src/server/',
  'aggregator/src/tools/run-service.ts',
];

/** Files besides main.ts that put adapters together. */
export const WIRING: readonly string[] = [
  'agent/src/agent.ts',
  'agent/src/open-engine.ts',
  'agent/src/pods/open-pod-source.ts',
  'agent/src/podtracer/create-podtracer.ts',
  'aggregator/src/aggregator.ts',
  'aggregator/src/trust.ts',
];

/** The folders of the hot path, in the order in which they may import: each itself and those before it. */
export const HOT = ['agent/src/decode/', 'agent/src/flow/', 'agent/src/capture/'] as const;

/** What the hot path must not contain (law 3), and what it is called in the complaint. */
export const NOT_HOT: readonly (readonly [RegExp, string])[] = [
  [/\bawait\b|\basync\b|\bPromise\b/, 'await'],
  [/\bDate\b|\bperformance\b/, 'a clock'],
  [/\bBigInt\b|\bBigU?[iI]nt64\w*|\bget(?:Big)U?[iI]nt64\b|\b\d+n\b/, 'BigInt'],
  [/\bconsole\b|\blogger\b/, 'a logger'],
  [/\bprocess\./, 'process'],
];

/** What only main.ts may do (law 9). */
export const ONLY_MAIN: readonly (readonly [RegExp, string])[] = [
  [/\bprocess\.env\b/, 'reads the environment'],
  [/\bprocess\.exit\b|\bprocess\.exitCode\b/, 'exits'],
  [/\bprocess\.(?:on|once|prependListener)\(/, 'handles signals'],
];

/** Lines at which a file stops being readable (DESIGN section 6). */
export const MAX_LINES = 400;

/** Names that say nothing about what is inside. */
export const VAGUE_NAME = /^(utils?|helpers?|misc|commons?)(\.|$)/;
