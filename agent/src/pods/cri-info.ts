/** What we take from the JSON that a runtime gives besides the CRI's own fields. */
export interface RuntimeInfo {
  readonly pid?: number;
  /** Path of the network namespace. */
  readonly path?: string;
}

interface InfoShape {
  readonly pid?: unknown;
  readonly sandboxMetadata?: { readonly Metadata?: { readonly NetNSPath?: unknown } | null } | null;
  readonly runtimeSpec?: { readonly linux?: { readonly namespaces?: unknown } | null } | null;
}

/**
 * Reads the map `info` of a verbose status. Its shape is no contract: containerd has pid and runtimeSpec, from 2.0 on
 * sandboxMetadata too; CRI-O without infra container has no pid; cri-dockerd says nothing about sandboxes; runtimes
 * before 2020 give the pid as an entry of its own. What is missing or odd is left out.
 */
export function readRuntimeInfo(info: Readonly<Record<string, string>>): RuntimeInfo {
  const shape = parse(info.info);
  const pid = validPid(shape.pid) ?? validPid(Number(info.pid));
  const path = validPath(shape.sandboxMetadata?.Metadata?.NetNSPath) ?? specPath(shape);
  return { ...(pid === undefined ? {} : { pid }), ...(path === undefined ? {} : { path }) };
}

function parse(text: string | undefined): InfoShape {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function specPath(shape: InfoShape): string | undefined {
  const namespaces = shape.runtimeSpec?.linux?.namespaces;
  if (!Array.isArray(namespaces)) return undefined;
  const network = namespaces.find((n: { type?: unknown } | null) => n?.type === 'network');
  return validPath(network?.path);
}

/** Created and exited containers have pid 0 or -1. */
function validPid(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 1 ? value : undefined;
}

function validPath(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith('/') && !value.includes('\0') ? value : undefined;
}
