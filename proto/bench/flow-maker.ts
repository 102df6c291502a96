import {
  Closed,
  EmitReason,
  type FlowColumns,
  FlowExtra,
  FlowState,
  Initiator,
  Outcome,
  Protocol,
} from '../src/index.js';

/**
 * Makes batches such as a node of a cluster sends: 20 pods in one /24, 40 services and 24 clients in the cluster,
 * one address in ten an outsider. Of the rows 80 % are TCP:
 *
 * | share of TCP | row                                                                                       |
 * | ------------ | ----------------------------------------------------------------------------------------- |
 * | 45 %         | a short connection, whole: handshake, request, response, FIN                              |
 * | 20 %         | the first row of a longer one: opened, established, little data                           |
 * | 30 %         | the next row of a longer one: data both ways                                              |
 * | 5 %          | an attempt that failed: refused, or SYNs without an answer (which have one ISN)           |
 *
 * Of the rest 85 % are DNS questions with their answers (a fifth of the names does not exist), 15 % other UDP and
 * echo requests. Half of the rows are seen by the client's side. Payloads are log-normal: requests with a median of
 * 400 bytes, responses of 2 kB, factor e^1.2 per standard deviation. Initial sequence numbers and ephemeral ports
 * (32768–60999, Linux's default) are uniform; the rows' last packets are spread over the 5 s between two drains.
 */
export class FlowMaker {
  readonly #random: () => number;
  #nowUs = 1_790_000_000_000_000;

  constructor(
    seed: number,
    readonly tcpShare = 0.8,
  ) {
    this.#random = seeded(seed);
  }

  /** Fills `columns` with `rows` rows of the next 5 s. */
  fill(columns: FlowColumns, rows: number): void {
    columns.clear();
    this.#dictionaries(columns);
    columns.rows = rows;
    for (let row = 0; row < rows; row++) this.#row(columns, row);
    this.#nowUs += 5_000_000;
  }

  #dictionaries(columns: FlowColumns): void {
    for (let pod = 0; pod < 20; pod++) {
      columns.pods.push({
        uid: this.#uid(pod),
        namespace: `ns-${pod % 4}`,
        name: `app-${pod % 7}-7d9c6b5f4-x${pod}k2z`,
      });
      setAddress(columns, pod, [10, 244, 3, 10 + pod]);
    }
    for (let peer = 20; peer < 84; peer++) {
      const outsider = peer % 10 === 0;
      const host = Math.floor(this.#random() * 254) + 1;
      setAddress(columns, peer, outsider ? [93, 184, peer, host] : [10, 244, peer % 16, peer]);
    }
    for (let name = 0; name < 30; name++)
      columns.names.push(`service-${name}.ns-${name % 4}.svc.cluster.local`);
  }

  #uid(pod: number): string {
    const hex = (Math.imul(pod + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
    return `${hex}-${hex.slice(4)}-4${hex.slice(1, 4)}-a${hex.slice(5)}-${hex}${hex.slice(0, 4)}`;
  }

  #row(columns: FlowColumns, row: number): void {
    const client = this.#random() < 0.5;
    const pod = this.#below(20);
    const service = this.#below(40);
    columns.pod[row] = pod;
    columns.localAddress[row] = pod;
    columns.peerAddress[row] = client ? 20 + service : 60 + this.#below(24);
    columns.lastUs[row] = this.#nowUs + this.#below(5_000_000);
    const tcp = this.#random() < this.tcpShare;
    const dns = !tcp && this.#random() < 0.85;
    const servicePort = dns ? 53 : [80, 443, 8080, 5432, 6379, 9090][(client ? service : pod) % 6]!;
    const clientPort = 32_768 + this.#below(28_232);
    columns.localPort[row] = client ? clientPort : servicePort;
    columns.peerPort[row] = client ? servicePort : clientPort;
    const initiator = client ? Initiator.local : Initiator.peer;
    if (tcp) this.#tcp(columns, row, initiator);
    else this.#udp(columns, row, initiator, dns);
  }

  #tcp(columns: FlowColumns, row: number, initiator: number): void {
    columns.protocol[row] = Protocol.tcp;
    columns.clientIsn[row] = this.#below(2 ** 32);
    columns.serverIsn[row] = this.#below(2 ** 32);
    const kind = this.#random();
    const isns = FlowState.hasClientIsn | FlowState.hasServerIsn;
    const both = initiator | isns;
    const established = both | (Outcome.established << FlowState.outcomeShift);
    const opened = FlowState.opened | FlowState.outcomeFinal;
    if (kind < 0.45) {
      columns.state[row] =
        established | opened | (Closed.fin << FlowState.closedShift) | reason(EmitReason.closed);
      this.#handshake(columns, row);
      this.#exchange(columns, row, initiator, 1, 2, 3);
    } else if (kind < 0.65) {
      columns.state[row] = established | opened | reason(EmitReason.opened);
      this.#handshake(columns, row);
      this.#exchange(columns, row, initiator, 1, 2, 1);
    } else if (kind < 0.95) {
      columns.state[row] = established | reason(EmitReason.active);
      this.#exchange(columns, row, initiator, 1 + this.#below(20), 0, 0);
      if (this.#random() < 0.5) addExtra(columns, row, FlowExtra.rttUs, 200 + this.#below(3_000));
    } else this.#failed(columns, row, initiator);
  }

  #handshake(columns: FlowColumns, row: number): void {
    addExtra(columns, row, FlowExtra.handshakeUs, Math.round(this.#logNormal(400)));
  }

  /** So many requests with their responses, and packets for the handshake and the end. */
  #exchange(
    columns: FlowColumns,
    row: number,
    initiator: number,
    times: number,
    syns: number,
    fins: number,
  ): void {
    let request = 0;
    let response = 0;
    let segments = 0;
    for (let i = 0; i < times; i++) {
      const size = Math.round(this.#logNormal(2_000));
      request += Math.round(this.#logNormal(400));
      response += size;
      segments += Math.ceil(size / 1_448);
    }
    const acks = Math.ceil(segments / 2) + (this.#random() < 0.3 ? 1 : 0);
    this.#counts(
      columns,
      row,
      initiator,
      [times + acks + fins + syns, times, request],
      [segments + 1 + fins, segments, response],
    );
    columns.durationUs[row] = Math.round(this.#logNormal(times > 1 ? 2_000_000 : 8_000));
    if (syns > 0) {
      columns.sentBytes[row]! += 8;
      columns.receivedBytes[row]! += 8;
    }
  }

  #failed(columns: FlowColumns, row: number, initiator: number): void {
    const refused = this.#random() < 0.5;
    const outcome = refused ? Outcome.refused : Outcome.timeout;
    const final = FlowState.opened | FlowState.outcomeFinal | FlowState.hasClientIsn;
    columns.state[row] = initiator | (outcome << FlowState.outcomeShift) | final | reason(EmitReason.changed);
    const syns = refused ? 1 : 5;
    this.#counts(columns, row, initiator, [syns, 0, 0], [refused ? 1 : 0, 0, 0]);
    columns.durationUs[row] = refused ? 30 + this.#below(100) : 15_000_000 + this.#below(500_000);
    if (!refused) addExtra(columns, row, FlowExtra.synRetries, 4);
  }

  #udp(columns: FlowColumns, row: number, initiator: number, dns: boolean): void {
    const end = (Closed.idle << FlowState.closedShift) | reason(EmitReason.idle);
    columns.state[row] = initiator | FlowState.opened | end;
    columns.protocol[row] = dns || this.#random() < 0.7 ? Protocol.udp : Protocol.icmp;
    columns.durationUs[row] = Math.round(this.#logNormal(600));
    const size = dns ? 40 + this.#below(30) : Math.round(this.#logNormal(300));
    this.#counts(columns, row, initiator, [1, 1, size], [1, 1, dns ? size + 16 + 16 * this.#below(4) : size]);
    if (!dns) return;
    const at = columns.dns++;
    columns.dnsRow[at] = row;
    columns.dnsName[at] = this.#below(30);
    columns.dnsType[at] = this.#random() < 0.5 ? 1 : 28;
    columns.dnsRcode[at] = this.#random() < 0.2 ? 3 : 0;
    columns.dnsLatencyUs[at] = columns.durationUs[row]!;
  }

  /** Packets, segments and payload of the client and of the server. */
  #counts(columns: FlowColumns, row: number, initiator: number, client: Counts, server: Counts): void {
    const [sent, received] = initiator === Initiator.local ? [client, server] : [server, client];
    const header = columns.protocol[row] === Protocol.tcp ? 66 : 42;
    [columns.sentPackets[row], columns.sentSegments[row], columns.sentPayload[row]] = sent;
    [columns.receivedPackets[row], columns.receivedSegments[row], columns.receivedPayload[row]] = received;
    columns.sentBytes[row] = sent[2] + header * sent[0];
    columns.receivedBytes[row] = received[2] + header * received[0];
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  /** Box and Muller's method, standard deviation 1.2 of the logarithm. */
  #logNormal(median: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
    return median * Math.exp(1.2 * normal);
  }
}

type Counts = [packets: number, segments: number, payload: number];

function reason(value: number): number {
  return value << FlowState.reasonShift;
}

function setAddress(columns: FlowColumns, index: number, v4: number[]): void {
  columns.addressBytes.fill(0, index * 16, index * 16 + 10);
  columns.addressBytes.set([255, 255, ...v4], index * 16 + 10);
  columns.addresses = Math.max(columns.addresses, index + 1);
}

function addExtra(columns: FlowColumns, row: number, field: number, value: number): void {
  const at = columns.extras++;
  columns.extraRow[at] = row;
  columns.extraField[at] = field;
  columns.extraValue[at] = value;
}

/** Numbers in [0, 1) that are the same for the same seed: mulberry32 (Tommy Ettinger, public domain). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
