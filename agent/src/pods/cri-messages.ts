/* The messages of cri.proto as they arrive: every field there, enums by name, absent messages null. */

export interface Sandbox {
  readonly id: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly namespace: string;
    readonly attempt: number;
  };
  readonly state: 'SANDBOX_READY' | 'SANDBOX_NOTREADY';
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
}

export interface SandboxStatus {
  readonly status: {
    readonly id: string;
    readonly state: Sandbox['state'];
    readonly network: {
      readonly ip: string;
      readonly additionalIps: readonly { readonly ip: string }[];
    } | null;
    readonly linux: {
      readonly namespaces: { readonly options: { readonly network: string } | null } | null;
    } | null;
  };
  readonly info: Readonly<Record<string, string>>;
}

export interface Container {
  readonly id: string;
  readonly podSandboxId: string;
  readonly metadata: { readonly name: string };
  readonly state: 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN';
}
