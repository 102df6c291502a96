/** What the tests read of a line of `snoopy observe -o json` (Flow in proto/snoopy/v1/observer.proto). */
export interface ShopFlow {
  readonly time: string;
  readonly durationSeconds: number;
  readonly protocol: string;
  readonly source: ShopEnd;
  readonly destination: ShopEnd;
  readonly outcome: string;
  readonly outcomeFinal: boolean;
  readonly partial: boolean;
  readonly request: ShopCounters;
  readonly reply: ShopCounters;
  readonly dns: readonly { name: string; rcode: string; type: string }[];
  readonly views: readonly ShopView[];
}

export interface ShopView {
  readonly agent: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly vantage: string;
  readonly reason: string;
}

export interface ShopCounters {
  readonly segments: number;
  readonly retransmittedSegments: number;
}

export interface ShopEnd {
  readonly ip: string;
  readonly port: number;
  readonly pod: string;
  readonly name: string;
}

/** The flows among the lines, and the lines that are something else. */
export function parseFlows(stdout: string): { flows: ShopFlow[]; others: unknown[] } {
  const lines = stdout.split('\n').filter(Boolean);
  const parsed = lines.map((line) => JSON.parse(line) as Partial<ShopFlow>);
  const isFlow = (line: Partial<ShopFlow>): boolean => line.source !== undefined;
  return { flows: parsed.filter(isFlow) as ShopFlow[], others: parsed.filter((line) => !isFlow(line)) };
}

/** customer → web:80 */
export function between({ source, destination }: ShopFlow): string {
  // Not by its DNS name: an agent may have missed the answer.
  const name = (end: ShopEnd): string => end.pod || end.ip;
  return `${name(source)} → ${name(destination)}:${destination.port}`;
}

/** Names a connection for ever, as far as 15 s are that. */
export function connectionOf({ protocol, source, destination }: ShopFlow): string {
  return [protocol, source.ip, source.port, destination.ip, destination.port].join(' ');
}

/**
 * Records of one end alone that tell a time of a connection that another record tells too, although both ends of it were
 * seen: a window that left in two records.
 */
export function toldTwice(flows: readonly ShopFlow[]): string[] {
  const connections = new Map<string, ShopFlow[]>();
  for (const flow of flows.filter(({ views }) => views.length > 0)) {
    const key = connectionOf(flow);
    connections.set(key, [...(connections.get(key) ?? []), flow]);
  }
  return [...connections].flatMap(([connection, records]) => {
    if (endsOf(...records).size < 2) return [];
    return records
      .filter((one) => endsOf(one).size === 1 && !isStraggler(one, records))
      .filter((one) => records.some((other) => other !== one && overlap(one, other)))
      .map(({ time }) => `${connection}: ${time}`);
  });
}

/** What an end saw after its last record, such as a repeated FIN, is told when it forgets the connection, 5 s later. */
function isStraggler({ views: [view] }: ShopFlow, records: readonly ShopFlow[]): boolean {
  return records
    .flatMap(({ views }) => views)
    .some(
      ({ agent, vantage, reason, sequence }) =>
        agent === view!.agent &&
        vantage === view!.vantage &&
        reason === 'EMIT_REASON_CLOSED' &&
        sequence < view!.sequence,
    );
}

/** Which ends have a view. */
function endsOf(...flows: readonly ShopFlow[]): Set<string> {
  const vantages = flows.flatMap(({ views }) => views.map(({ vantage }) => vantage));
  return new Set(vantages.filter((vantage) => vantage !== 'VANTAGE_HOP'));
}

function overlap(one: ShopFlow, other: ShopFlow): boolean {
  const end = (flow: ShopFlow): number => Date.parse(flow.time);
  const start = (flow: ShopFlow): number => end(flow) - flow.durationSeconds * 1_000;
  return start(one) <= end(other) && start(other) <= end(one);
}
