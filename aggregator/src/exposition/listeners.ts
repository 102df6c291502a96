/** Ports that are labels wherever the destination is; the rest of the world's ports are `other`. */
const wellKnown: ReadonlySet<number> = new Set([
  20, 21, 22, 23, 25, 53, 80, 88, 110, 123, 143, 161, 179, 389, 443, 445, 465, 514, 587, 636, 853, 993, 995,
  1433, 1521, 1883, 2049, 2181, 2379, 3306, 3389, 4317, 4318, 5060, 5432, 5672, 6379, 6443, 8080, 8443, 9042,
  9090, 9092, 9200, 11211, 27017, 50051,
]);

/** Ports learned for one destination and protocol: a port scan must not make series. */
const MOST_LEARNED = 32;

/** Which destination ports are labels: well-known ones, and those on which a workload of ours has answered. */
export class Listeners {
  readonly #learned = new Map<number, Set<number>>();

  isLabel(destination: number, protocol: number, port: number): boolean {
    return wellKnown.has(port) || (this.#learned.get(destination * 256 + protocol)?.has(port) ?? false);
  }

  /** Whether the port may still become a label. */
  hasRoom(destination: number, protocol: number): boolean {
    return (this.#learned.get(destination * 256 + protocol)?.size ?? 0) < MOST_LEARNED;
  }

  /** The destination is gone, and its number will be another's. */
  forget(destination: number): void {
    for (let protocol = 0; protocol < 256; protocol++) this.#learned.delete(destination * 256 + protocol);
  }

  /** It answered there. */
  learn(destination: number, protocol: number, port: number): void {
    const key = destination * 256 + protocol;
    const ports = this.#learned.get(key) ?? new Set();
    this.#learned.set(key, ports);
    if (ports.size < MOST_LEARNED) ports.add(port);
  }
}
