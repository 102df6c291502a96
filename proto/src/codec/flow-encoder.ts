import { SnoopyError } from '../errors.js';
import type { FlowColumns } from '../flow-columns.js';
import { FlowLimits, FlowState, Initiator } from '../flow-record.js';
import type { LossMessage } from '../types.js';
import {
  BatchField,
  type FlowBatchHeader,
  MAX_KINDS,
  MAX_STATE,
  usualHeaderBytes,
} from './flow-batch-header.js';
import { lossUnits } from './flow-dictionaries.js';
import { WireWriter } from './wire-writer.js';

// Everything below is reused from batch to batch: encoding is synchronous.
const writer = new WireWriter();
const u32 = new Uint32Array(FlowLimits.rows * 4);
const u32b = new Uint32Array(FlowLimits.rows * 4);
const kind = new Uint32Array(FlowLimits.rows);
const f64 = new Float64Array(FlowLimits.rows * 4);
/** Rows in order of time. */
const order = new Uint16Array(FlowLimits.rows);
/** Rows grouped by kind, in order of time within a kind. */
const grouped = new Uint16Array(FlowLimits.rows);
const sortKeys = new Float64Array(FlowLimits.rows);
/** Usual header bytes of the row at an index of `grouped`. */
const headers = new Uint8Array(FlowLimits.rows);
const kindOf = new Map<number, number>();
const lastLocal = new Int32Array(FlowLimits.pods);
/** Index among the batch's addresses → index on the wire, where IPv4 comes first. */
const wireAddress = new Uint16Array(FlowLimits.addresses);
const addressesV4 = new Uint8Array(4 * FlowLimits.addresses);
const addressesV6 = new Uint8Array(16 * FlowLimits.addresses);
/** Where the entries of a kind, or of a row, begin. */
const firstOf = new Uint32Array(FlowLimits.rows * 4 + MAX_KINDS);
const picked = new Uint32Array(FlowLimits.rows * 4);

/**
 * Writes a batch in the wire format of `FlowBatch` (flow.proto).
 *
 * Rows may come in any order and are sent, and so numbered, in order of their time.
 * @param columns not changed
 * @returns a buffer of its own, to be kept until the batch is acknowledged
 * @throws SnoopyError BAD_INPUT when a value or the batch is over the limits (`FlowLimits`, 2^53)
 */
export function encodeFlowBatch(header: FlowBatchHeader, columns: FlowColumns): Buffer {
  checkSizes(columns);
  writer.clear();
  writer.number(BatchField.epoch, header.epoch);
  writer.number(BatchField.firstSequence, header.firstSequence);
  writer.number(BatchField.rows, columns.rows);
  writer.number(BatchField.serial, header.serial ?? 0);
  writeLosses(header);
  writePodRefs(columns);
  const v4 = writeAddresses(columns);
  for (let i = 0; i < columns.names.length; i++) writer.entry(BatchField.names, wireName(columns.names[i]!));
  if (columns.rows > 0) writeRows(columns, v4);
  const bytes = writer.finish();
  if (bytes.length > FlowLimits.batchBytes) tooMuch('bytes', bytes.length, FlowLimits.batchBytes);
  return bytes;
}

function checkSizes(columns: FlowColumns): void {
  if (columns.rows > FlowLimits.rows) tooMuch('rows', columns.rows, FlowLimits.rows);
  if (columns.pods.length > FlowLimits.pods) tooMuch('pods', columns.pods.length, FlowLimits.pods);
  if (columns.addresses > FlowLimits.addresses) tooMuch('addresses', columns.addresses, FlowLimits.addresses);
  if (columns.names.length > FlowLimits.names) tooMuch('names', columns.names.length, FlowLimits.names);
  const most = FlowLimits.rows * 4;
  if (columns.extras > most) tooMuch('extra values', columns.extras, most);
  if (columns.dns > most) tooMuch('DNS transactions', columns.dns, most);
  if (columns.answers > most) tooMuch('addresses of answers', columns.answers, most);
}

function tooMuch(what: string, count: number, most: number): never {
  throw new SnoopyError(
    'BAD_INPUT',
    `A flow batch of ${count} ${what} cannot be sent: the limit is ${most}.`,
  );
}

function writeLosses(header: FlowBatchHeader): void {
  for (const loss of header.lost) {
    const start = writer.begin(BatchField.lost);
    writer.text(1, loss.node ?? '');
    writer.text(2, loss.stage ?? '');
    writer.text(3, loss.reason ?? '');
    writer.number(4, Number(loss.count ?? 0));
    writer.number(5, unitNumber(loss.unit));
    writer.end(start);
  }
}

function unitNumber(unit: LossMessage['unit']): number {
  return typeof unit === 'number' ? unit : Math.max(0, lossUnits.indexOf(unit ?? 'LOSS_UNIT_UNSPECIFIED'));
}

function writePodRefs(columns: FlowColumns): void {
  for (const pod of columns.pods) {
    const start = writer.begin(BatchField.pods);
    writer.text(1, pod.uid);
    writer.text(2, pod.namespace);
    writer.text(3, pod.name);
    writer.end(start);
  }
}

/** Names come from packets: what the other side would refuse is made harmless here. */
function wireName(name: string): string {
  const safe = plainText.test(name) ? name : name.replace(/[^\x21-\x7e]/g, '?');
  return safe.length > FlowLimits.nameBytes ? safe.slice(0, FlowLimits.nameBytes) : safe;
}

const plainText = /^[\x21-\x7e]*$/;

/** @returns how many addresses are IPv4 */
function writeAddresses(columns: FlowColumns): number {
  const bytes = columns.addressBytes;
  let v4 = 0;
  for (let i = 0; i < columns.addresses; i++) if (isMappedV4(bytes, i * 16)) v4++;
  let at4 = 0;
  let at6 = 0;
  for (let i = 0; i < columns.addresses; i++) {
    const start = i * 16;
    if (isMappedV4(bytes, start)) {
      wireAddress[i] = at4;
      for (let k = 0; k < 4; k++) addressesV4[at4 * 4 + k] = bytes[start + 12 + k]!;
      at4++;
    } else {
      wireAddress[i] = v4 + at6;
      for (let k = 0; k < 16; k++) addressesV6[at6 * 16 + k] = bytes[start + k]!;
      at6++;
    }
  }
  writer.blob(BatchField.addressesV4, addressesV4, at4 * 4);
  writer.blob(BatchField.addressesV6, addressesV6, at6 * 16);
  return v4;
}

/** ::ffff:0:0/96 (RFC 4291, 2.5.5.2). */
function isMappedV4(bytes: Uint8Array, at: number): boolean {
  for (let k = 0; k < 10; k++) if (bytes[at + k] !== 0) return false;
  return bytes[at + 10] === 255 && bytes[at + 11] === 255;
}

function writeRows(columns: FlowColumns, v4: number): void {
  const rows = columns.rows;
  sortByTime(columns);
  const kinds = findKinds(columns);
  writer.column32(BatchField.kinds, kinds, kinds.length);
  const base = columns.lastUs[order[0]!]!;
  writer.number(BatchField.baseUs, base);
  writer.column32(BatchField.kind, kind, rows);
  writeTimes(columns, base);
  groupByKind(columns, kinds.length, v4);
  writePods(columns);
  writeAddressColumns(columns);
  writeServicePorts(columns);
  writeCounts(BatchField.sentPackets, columns.sentPackets, rows);
  writeCounts(BatchField.receivedPackets, columns.receivedPackets, rows);
  writeEmpty(BatchField.sentEmpty, columns.sentPackets, columns.sentSegments, rows);
  writeEmpty(BatchField.receivedEmpty, columns.receivedPackets, columns.receivedSegments, rows);
  const { sentBytes, sentPayload, sentPackets, receivedBytes, receivedPayload, receivedPackets } = columns;
  writeOverhead(BatchField.sentOverhead, sentBytes, sentPayload, sentPackets, rows);
  writeOverhead(BatchField.receivedOverhead, receivedBytes, receivedPayload, receivedPackets, rows);
  writePayload(BatchField.sentPayload, sentPayload, rows);
  writePayload(BatchField.receivedPayload, receivedPayload, rows);
  writeCounts(BatchField.durationUs, columns.durationUs, rows);
  writeClientPorts(columns);
  writeIsns(BatchField.clientIsn, columns.clientIsn, columns, FlowState.hasClientIsn);
  writeIsns(BatchField.serverIsn, columns.serverIsn, columns, FlowState.hasServerIsn);
  writeExtras(columns);
  writeDns(columns);
}

/** Sorts (time, index) pairs as doubles: 39 bits of microseconds, 14 of index. A batch that spans six days stays as it is. */
function sortByTime(columns: FlowColumns): void {
  const { rows, lastUs } = columns;
  let least = lastUs[0]!;
  let most = least;
  for (let i = 1; i < rows; i++) {
    if (lastUs[i]! < least) least = lastUs[i]!;
    if (lastUs[i]! > most) most = lastUs[i]!;
  }
  const sortable = most - least < 2 ** 39;
  for (let i = 0; i < rows; i++) sortKeys[i] = sortable ? (lastUs[i]! - least) * 16_384 + i : i;
  const keys = sortKeys.subarray(0, rows);
  keys.sort();
  for (let i = 0; i < rows; i++) order[i] = keys[i]! % 16_384;
}

/** Finds the kind of every row. @returns the dictionary */
function findKinds(columns: FlowColumns): Uint32Array {
  const { rows, state, protocol } = columns;
  kindOf.clear();
  const kinds: number[] = [];
  for (let i = 0; i < rows; i++) {
    const row = order[i]!;
    const value = state[row]! * 256 + protocol[row]!;
    let index = kindOf.get(value);
    if (index === undefined) {
      if (state[row]! > MAX_STATE) tooMuch('as the state of a row', state[row]!, MAX_STATE);
      index = kinds.push(value) - 1;
      kindOf.set(value, index);
    }
    kind[i] = index;
  }
  if (kinds.length > MAX_KINDS) tooMuch('kinds', kinds.length, MAX_KINDS);
  return Uint32Array.from(kinds);
}

/** Fills `grouped`, by counting, and what the frames of its rows usually have before the payload. */
function groupByKind(columns: FlowColumns, kinds: number, v4: number): void {
  const { rows, protocol, localAddress } = columns;
  firstOf.fill(0, 0, kinds + 1);
  for (let i = 0; i < rows; i++) firstOf[kind[i]! + 1]!++;
  for (let k = 0; k < kinds; k++) firstOf[k + 1]! += firstOf[k]!;
  for (let i = 0; i < rows; i++) {
    const row = order[i]!;
    const at = firstOf[kind[i]!]!++;
    grouped[at] = row;
    headers[at] = usualHeaderBytes(protocol[row]!, wireAddress[localAddress[row]!]! >= v4);
  }
}

function writeTimes(columns: FlowColumns, base: number): void {
  const rows = columns.rows;
  let before = base;
  for (let i = 0; i < rows; i++) {
    const now = columns.lastUs[order[i]!]!;
    f64[i] = zigzag(now - before);
    before = now;
  }
  writer.column53(BatchField.lastUs, f64, rows);
}

/** Sign in the lowest bit (protobuf.dev, "Signed integers"). */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function writePods(columns: FlowColumns): void {
  const { rows, pod, pods } = columns;
  for (let i = 0; i < rows; i++) {
    const index = pod[grouped[i]!]!;
    if (index >= pods.length) tooMuch('as the index of a pod', index, pods.length - 1);
    u32[i] = index;
  }
  writer.column32(BatchField.pod, u32, rows);
}

function writeAddressColumns(columns: FlowColumns): void {
  const { rows, addresses } = columns;
  lastLocal.fill(-1, 0, columns.pods.length);
  for (let i = 0; i < rows; i++) {
    const row = grouped[i]!;
    const pod = columns.pod[row]!;
    const local = columns.localAddress[row]!;
    const peer = columns.peerAddress[row]!;
    const highest = Math.max(local, peer);
    if (highest >= addresses) tooMuch('as the index of an address', highest, addresses - 1);
    u32[i] = lastLocal[pod] === local ? 0 : wireAddress[local]! + 1;
    u32b[i] = wireAddress[peer]!;
    lastLocal[pod] = local;
  }
  writer.column32(BatchField.localAddress, u32, rows);
  writer.column32(BatchField.peerAddress, u32b, rows);
}

function peerInitiated(state: number): boolean {
  return ((state >>> FlowState.initiatorShift) & FlowState.initiatorMask) === Initiator.peer;
}

function writeServicePorts(columns: FlowColumns): void {
  const { rows, state, localPort, peerPort } = columns;
  for (let i = 0; i < rows; i++) {
    const row = grouped[i]!;
    u32[i] = peerInitiated(state[row]!) ? localPort[row]! : peerPort[row]!;
  }
  writer.column32(BatchField.servicePort, u32, rows);
}

function writeClientPorts(columns: FlowColumns): void {
  const { rows, state, localPort, peerPort } = columns;
  for (let i = 0; i < rows; i++) {
    const row = grouped[i]!;
    u32[i] = peerInitiated(state[row]!) ? peerPort[row]! : localPort[row]!;
  }
  writer.ports(BatchField.clientPort, u32, rows);
}

function writeCounts(field: number, values: Uint32Array, rows: number): void {
  for (let i = 0; i < rows; i++) u32[i] = values[grouped[i]!]!;
  writer.column32(field, u32, rows);
}

function writeEmpty(field: number, packets: Uint32Array, segments: Uint32Array, rows: number): void {
  for (let i = 0; i < rows; i++) f64[i] = zigzag(packets[grouped[i]!]! - segments[grouped[i]!]!);
  writer.column53(field, f64, rows);
}

function writePayload(field: number, payload: Float64Array, rows: number): void {
  for (let i = 0; i < rows; i++) f64[i] = payload[grouped[i]!]!;
  writer.column53(field, f64, rows);
}

function writeOverhead(
  field: number,
  bytes: Float64Array,
  payload: Float64Array,
  packets: Uint32Array,
  rows: number,
): void {
  for (let i = 0; i < rows; i++) {
    const row = grouped[i]!;
    f64[i] = zigzag(bytes[row]! - payload[row]! - packets[row]! * headers[i]!);
  }
  writer.column53(field, f64, rows);
}

function writeIsns(field: number, isns: Uint32Array, columns: FlowColumns, bit: number): void {
  let count = 0;
  for (let i = 0; i < columns.rows; i++) {
    const row = grouped[i]!;
    if (columns.state[row]! & bit) u32[count++] = isns[row]!;
  }
  writer.fixed32(field, u32, count);
}

/**
 * Puts entries of the side columns, which are in row order, into the order of the wire.
 * `picked` becomes the entries' indexes, `u32` their rows as differences.
 */
function orderEntries(rowOf: Uint16Array, count: number, rows: number): void {
  firstOf.fill(0, 0, rows + 1);
  for (let e = 0; e < count; e++) {
    if (rowOf[e]! >= rows) tooMuch('as the row of an extra value', rowOf[e]!, rows - 1);
    firstOf[rowOf[e]! + 1]!++;
  }
  for (let row = 0; row < rows; row++) firstOf[row + 1]! += firstOf[row]!;
  let at = 0;
  let before = 0;
  for (let i = 0; i < rows; i++) {
    const row = order[i]!;
    for (let e = firstOf[row]!; e < firstOf[row + 1]!; e++) {
      u32[at] = i - before;
      before = i;
      picked[at++] = e;
    }
  }
}

function writeExtras(columns: FlowColumns): void {
  const count = columns.extras;
  if (count === 0) return;
  orderEntries(columns.extraRow, count, columns.rows);
  writer.column32(BatchField.extraRow, u32, count);
  for (let i = 0; i < count; i++) u32[i] = columns.extraField[picked[i]!]!;
  writer.column32(BatchField.extraField, u32, count);
  for (let i = 0; i < count; i++) f64[i] = columns.extraValue[picked[i]!]!;
  writer.column53(BatchField.extraValue, f64, count);
}

function writeDns(columns: FlowColumns): void {
  const count = columns.dns;
  if (count === 0) return;
  orderEntries(columns.dnsRow, count, columns.rows);
  writer.column32(BatchField.dnsRow, u32, count);
  writePicked(BatchField.dnsName, columns.dnsName, count);
  writePicked(BatchField.dnsType, columns.dnsType, count);
  writePicked(BatchField.dnsRcode, columns.dnsRcode, count);
  writePicked(BatchField.dnsLatencyUs, columns.dnsLatencyUs, count);
  if (columns.answers > 0) writeAnswers(columns, count);
}

/** Answers in the order that their transactions have on the wire. */
function writeAnswers({ answers, answerDns, answerAddress }: FlowColumns, dns: number): void {
  firstOf.fill(0, 0, dns + 1);
  for (let a = 0; a < answers; a++) {
    if (answerDns[a]! >= dns) tooMuch('as the transaction of an answer', answerDns[a]!, dns - 1);
    firstOf[answerDns[a]! + 1]!++;
  }
  for (let i = 0; i < dns; i++) firstOf[i + 1]! += firstOf[i]!;
  let at = 0;
  let before = 0;
  for (let i = 0; i < dns; i++) {
    const of = picked[i]!;
    for (let a = firstOf[of]!; a < firstOf[of + 1]!; a++) {
      u32[at] = i - before;
      before = i;
      u32b[at++] = wireAddress[answerAddress[a]!]!;
    }
  }
  writer.column32(BatchField.answerDns, u32, at);
  writer.column32(BatchField.answerAddress, u32b, at);
}

function writePicked(field: number, values: Uint16Array | Uint32Array, count: number): void {
  for (let i = 0; i < count; i++) u32[i] = values[picked[i]!]!;
  writer.column32(field, u32, count);
}
