import type { FlowColumns } from '../flow-columns.js';
import { Closed, FlowLimits, FlowState, Initiator, Outcome } from '../flow-record.js';
import {
  BatchField,
  type FlowBatchHeader,
  MAX_KINDS,
  MAX_NUMBER,
  usualHeaderBytes,
} from './flow-batch-header.js';
import { readLoss, readName, readPod } from './flow-dictionaries.js';
import { refuse, WireReader } from './wire-reader.js';

/** Every field of FlowBatch has a lower number. */
const FIELDS = 64;
const names = Object.entries(BatchField).reduce<string[]>((all, [name, field]) => {
  all[field] = name;
  return all;
}, []);

// Everything below is reused from batch to batch: decoding is synchronous.
const reader = new WireReader();
const column = new WireReader();
/** Where each length-delimited field begins and ends; begin 0: it is not there. */
const begins = new Int32Array(FIELDS);
const ends = new Int32Array(FIELDS);
const scalars = new Float64Array(FIELDS);
const u32 = new Uint32Array(FlowLimits.rows * 4);
const f64 = new Float64Array(FlowLimits.rows * 4);
const kinds = new Uint32Array(MAX_KINDS);
/** Row of the value at an index of the columns that are grouped by kind. */
const place = new Uint16Array(FlowLimits.rows);
/** Where the rows of a kind begin. */
const firstOf = new Uint32Array(MAX_KINDS + 1);
const headers = new Uint8Array(FlowLimits.rows);
const lastLocal = new Int32Array(FlowLimits.pods);

/**
 * Reads a batch into reused columns.
 * @param into emptied first; after an error its contents are void
 * @throws SnoopyError BAD_INPUT for whatever is not a valid batch within `FlowLimits` and the capacity of `into`
 */
export function decodeFlowBatch(bytes: Uint8Array, into: FlowColumns): FlowBatchHeader {
  if (bytes.length > FlowLimits.batchBytes)
    refuse(`it has ${bytes.length} bytes, the limit is ${FlowLimits.batchBytes}`);
  into.clear();
  const header: FlowBatchHeader = { epoch: 0, firstSequence: 0, serial: 0, lost: [] };
  findFields(bytes, into, header);
  header.epoch = scalars[BatchField.epoch]!;
  header.firstSequence = scalars[BatchField.firstSequence]!;
  header.serial = scalars[BatchField.serial]!;
  const rows = scalars[BatchField.rows]!;
  if (rows > FlowLimits.rows || rows > into.capacity) {
    refuse(`it has ${rows} rows, the limit is ${Math.min(FlowLimits.rows, into.capacity)}`);
  }
  if (header.firstSequence + rows > MAX_NUMBER) refuse('its sequence numbers are over 2^53 - 1');
  into.rows = rows;
  const v4 = readAddresses(bytes, into);
  readRows(bytes, into, v4);
  return header;
}

/** One pass over the message: notes where the columns are, reads scalars and what is repeated. */
function findFields(bytes: Uint8Array, into: FlowColumns, header: FlowBatchHeader): void {
  begins.fill(0);
  ends.fill(0);
  scalars.fill(0);
  reader.reset(bytes);
  while (reader.at < reader.end) {
    const tag = reader.number('a field number');
    const field = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (field === 0) refuse('it has a field with the number 0');
    const name = names[field];
    if (name === undefined) reader.skip(wireType);
    else if (isScalar(field)) {
      if (wireType !== 0) refuse(`${name} has the wrong wire type`);
      scalars[field] = reader.number(name);
    } else {
      if (wireType !== 2) refuse(`${name} has the wrong wire type`);
      const end = reader.length(name) + reader.at;
      if (!readDictionary(field, bytes, end, into, header)) noteColumn(field, end);
      reader.at = end;
    }
  }
}

function isScalar(field: number): boolean {
  return field <= BatchField.rows || field === BatchField.baseUs || field === BatchField.serial;
}

function readDictionary(
  field: number,
  bytes: Uint8Array,
  end: number,
  into: FlowColumns,
  header: FlowBatchHeader,
): boolean {
  if (field === BatchField.pods) readPod(bytes, reader.at, end, into);
  else if (field === BatchField.names) readName(bytes, reader.at, end, into);
  else if (field === BatchField.lost) readLoss(bytes, reader.at, end, header);
  else return false;
  return true;
}

function noteColumn(field: number, end: number): void {
  if (begins[field] !== 0) refuse(`${names[field]} comes twice`);
  begins[field] = reader.at;
  ends[field] = end;
}

/** Points `column` at a field; one that is not there is empty. */
function open(bytes: Uint8Array, field: number): WireReader {
  column.reset(bytes, begins[field]!, ends[field]!);
  return column;
}

/** @returns how many addresses are IPv4 */
function readAddresses(bytes: Uint8Array, into: FlowColumns): number {
  const v4 = lengthOf(BatchField.addressesV4) / 4;
  const v6 = lengthOf(BatchField.addressesV6) / 16;
  const most = into.addressBytes.length / 16;
  if (!Number.isInteger(v4) || !Number.isInteger(v6)) refuse('an address is cut off');
  if (v4 + v6 > most) refuse(`it has ${v4 + v6} addresses, the limit is ${most}`);
  const out = into.addressBytes;
  let at = begins[BatchField.addressesV4]!;
  for (let i = 0; i < v4; i++) {
    const start = i * 16;
    for (let k = 0; k < 10; k++) out[start + k] = 0;
    out[start + 10] = 255;
    out[start + 11] = 255;
    for (let k = 12; k < 16; k++) out[start + k] = bytes[at++]!;
  }
  const v6Begin = begins[BatchField.addressesV6]!;
  out.set(bytes.subarray(v6Begin, v6Begin + v6 * 16), v4 * 16);
  into.addresses = v4 + v6;
  return v4;
}

function lengthOf(field: number): number {
  return ends[field]! - begins[field]!;
}

function readRows(bytes: Uint8Array, into: FlowColumns, v4: number): void {
  const rows = into.rows;
  const used = readKinds(bytes, into);
  readTimes(bytes, into);
  readPods(bytes, into);
  readLocalAddresses(bytes, into, v4);
  readPeerAddresses(bytes, into);
  readPorts(bytes, into);
  readCounts(bytes, BatchField.sentPackets, into.sentPackets, rows);
  readCounts(bytes, BatchField.receivedPackets, into.receivedPackets, rows);
  readSegments(bytes, BatchField.sentEmpty, into.sentPackets, into.sentSegments, rows);
  readSegments(bytes, BatchField.receivedEmpty, into.receivedPackets, into.receivedSegments, rows);
  readPayload(bytes, BatchField.sentPayload, into.sentPayload, rows);
  readPayload(bytes, BatchField.receivedPayload, into.receivedPayload, rows);
  readBytes(bytes, BatchField.sentOverhead, into.sentPayload, into.sentPackets, into.sentBytes, rows);
  readBytes(
    bytes,
    BatchField.receivedOverhead,
    into.receivedPayload,
    into.receivedPackets,
    into.receivedBytes,
    rows,
  );
  readCounts(bytes, BatchField.durationUs, into.durationUs, rows);
  readIsns(bytes, BatchField.clientIsn, into, FlowState.hasClientIsn, into.clientIsn, used);
  readIsns(bytes, BatchField.serverIsn, into, FlowState.hasServerIsn, into.serverIsn, used);
  readExtras(bytes, into);
  readDns(bytes, into);
}

/** Fills `state`, `protocol` and `place`. @returns all bits that some kind has */
function readKinds(bytes: Uint8Array, into: FlowColumns): number {
  const list = open(bytes, BatchField.kinds);
  const count = list.countVarints();
  if (count > MAX_KINDS) refuse(`it has ${count} kinds, the limit is ${MAX_KINDS}`);
  list.column32(kinds, count, 'kinds');
  let used = 0;
  for (let i = 0; i < count; i++) used |= checkState(kinds[i]! >>> 8);
  open(bytes, BatchField.kind).column32(u32, into.rows, 'kind');
  firstOf.fill(0, 0, count + 1);
  for (let i = 0; i < into.rows; i++) {
    const index = u32[i]!;
    if (index >= count) refuse(`kind names entry ${index} of ${count}`);
    firstOf[index + 1]!++;
    into.state[i] = kinds[index]! >>> 8;
    into.protocol[i] = kinds[index]! & 255;
  }
  for (let k = 0; k < count; k++) firstOf[k + 1]! += firstOf[k]!;
  for (let i = 0; i < into.rows; i++) place[firstOf[u32[i]!]!++] = i;
  return used;
}

function checkState(state: number): number {
  if (((state >>> FlowState.initiatorShift) & FlowState.initiatorMask) > Initiator.peer)
    refuse('an initiator is unknown');
  if (((state >>> FlowState.outcomeShift) & FlowState.outcomeMask) > Outcome.timeout)
    refuse('an outcome is unknown');
  if (((state >>> FlowState.closedShift) & FlowState.closedMask) > Closed.idle) refuse('an end is unknown');
  return state;
}

function readTimes(bytes: Uint8Array, into: FlowColumns): void {
  open(bytes, BatchField.lastUs).column53(f64, into.rows, 'lastUs');
  let time = scalars[BatchField.baseUs]!;
  for (let i = 0; i < into.rows; i++) {
    time += unzigzag(f64[i]!);
    if (!(time >= 0 && time <= MAX_NUMBER)) refuse('a time is out of range');
    into.lastUs[i] = time;
  }
}

/** Sign in the lowest bit (protobuf.dev, "Signed integers"). */
function unzigzag(value: number): number {
  if (value <= 0x7fffffff) return (value >>> 1) ^ -(value & 1);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function readPods(bytes: Uint8Array, into: FlowColumns): void {
  const limit = into.pods.length;
  open(bytes, BatchField.pod).column32(u32, into.rows, 'pod');
  for (let j = 0; j < into.rows; j++) {
    if (u32[j]! >= limit) refuse(`pod names entry ${u32[j]} of ${limit}`);
    into.pod[place[j]!] = u32[j]!;
  }
}

function readLocalAddresses(bytes: Uint8Array, into: FlowColumns, v4: number): void {
  const limit = into.addresses;
  open(bytes, BatchField.localAddress).column32(u32, into.rows, 'localAddress');
  lastLocal.fill(-1, 0, into.pods.length);
  for (let j = 0; j < into.rows; j++) {
    const row = place[j]!;
    const pod = into.pod[row]!;
    const address = u32[j] === 0 ? lastLocal[pod]! : u32[j]! - 1;
    if (address < 0 || address >= limit) refuse(`localAddress names entry ${address} of ${limit}`);
    lastLocal[pod] = address;
    into.localAddress[row] = address;
    headers[row] = usualHeaderBytes(into.protocol[row]!, address >= v4);
  }
}

function readPeerAddresses(bytes: Uint8Array, into: FlowColumns): void {
  const limit = into.addresses;
  open(bytes, BatchField.peerAddress).column32(u32, into.rows, 'peerAddress');
  for (let j = 0; j < into.rows; j++) {
    if (u32[j]! >= limit) refuse(`peerAddress names entry ${u32[j]} of ${limit}`);
    into.peerAddress[place[j]!] = u32[j]!;
  }
}

function readPorts(bytes: Uint8Array, into: FlowColumns): void {
  const { rows, state, localPort, peerPort } = into;
  open(bytes, BatchField.servicePort).column32(u32, rows, 'servicePort');
  if (lengthOf(BatchField.clientPort) !== rows * 2) refuse(`clientPort does not hold ${rows} values`);
  let at = begins[BatchField.clientPort]!;
  for (let j = 0; j < rows; j++) {
    const row = place[j]!;
    const servicePort = u32[j]!;
    const clientPort = (bytes[at]! << 8) | bytes[at + 1]!;
    at += 2;
    if (servicePort > 65_535) refuse('servicePort is over 65535');
    const peerInitiated =
      ((state[row]! >>> FlowState.initiatorShift) & FlowState.initiatorMask) === Initiator.peer;
    localPort[row] = peerInitiated ? servicePort : clientPort;
    peerPort[row] = peerInitiated ? clientPort : servicePort;
  }
}

function readCounts(bytes: Uint8Array, field: number, out: Uint32Array, rows: number): void {
  open(bytes, field).placed32(out, place, rows, names[field]!);
}

function readPayload(bytes: Uint8Array, field: number, out: Float64Array, rows: number): void {
  open(bytes, field).placed53(out, place, rows, names[field]!);
}

function readSegments(
  bytes: Uint8Array,
  field: number,
  packets: Uint32Array,
  out: Uint32Array,
  rows: number,
): void {
  open(bytes, field).column53(f64, rows, names[field]!);
  for (let j = 0; j < rows; j++) {
    const row = place[j]!;
    const segments = packets[row]! - unzigzag(f64[j]!);
    if (!(segments >= 0 && segments <= 0xffffffff)) refuse(`${names[field]} makes a count out of range`);
    out[row] = segments;
  }
}

function readBytes(
  bytes: Uint8Array,
  field: number,
  payload: Float64Array,
  packets: Uint32Array,
  out: Float64Array,
  rows: number,
): void {
  open(bytes, field).column53(f64, rows, names[field]!);
  for (let j = 0; j < rows; j++) {
    const row = place[j]!;
    const value = payload[row]! + packets[row]! * headers[row]! + unzigzag(f64[j]!);
    if (!(value >= 0 && value <= MAX_NUMBER)) refuse(`${names[field]} makes a count out of range`);
    out[row] = value;
  }
}

function readIsns(
  bytes: Uint8Array,
  field: number,
  into: FlowColumns,
  bit: number,
  out: Uint32Array,
  used: number,
): void {
  let at = begins[field]!;
  const end = ends[field]!;
  if (used & bit) {
    for (let j = 0; j < into.rows; j++) {
      const row = place[j]!;
      if (!(into.state[row]! & bit)) continue;
      if (end - at < 4) refuse(`${names[field]} holds too few values`);
      out[row] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      at += 4;
    }
  }
  if (at !== end) refuse(`${names[field]} holds too many values`);
}

/** Rows of side columns, as differences on the wire. @returns how many entries there are */
function readEntryRows(bytes: Uint8Array, field: number, out: Uint16Array, rows: number): number {
  const list = open(bytes, field);
  const count = list.countVarints();
  if (count > out.length) refuse(`${names[field]} has ${count} entries, the limit is ${out.length}`);
  list.column32(u32, count, names[field]!);
  let row = 0;
  for (let i = 0; i < count; i++) {
    row += u32[i]!;
    if (row >= rows) refuse(`${names[field]} names row ${row} of ${rows}`);
    out[i] = row;
  }
  return count;
}

function readExtras(bytes: Uint8Array, into: FlowColumns): void {
  const count = readEntryRows(bytes, BatchField.extraRow, into.extraRow, into.rows);
  open(bytes, BatchField.extraField).column32(u32, count, 'extraField');
  for (let i = 0; i < count; i++) {
    if (u32[i]! > 255) refuse('extraField is over 255');
    into.extraField[i] = u32[i]!;
  }
  open(bytes, BatchField.extraValue).column53(into.extraValue, count, 'extraValue');
  into.extras = count;
}

function readDns(bytes: Uint8Array, into: FlowColumns): void {
  const count = readEntryRows(bytes, BatchField.dnsRow, into.dnsRow, into.rows);
  readEntries(bytes, BatchField.dnsName, into.dnsName, count, into.names.length);
  readEntries(bytes, BatchField.dnsType, into.dnsType, count, 65_536);
  readEntries(bytes, BatchField.dnsRcode, into.dnsRcode, count, 65_536);
  open(bytes, BatchField.dnsLatencyUs).column32(into.dnsLatencyUs, count, 'dnsLatencyUs');
  into.dns = count;
  into.answers = readEntryRows(bytes, BatchField.answerDns, into.answerDns, count);
  readEntries(bytes, BatchField.answerAddress, into.answerAddress, into.answers, into.addresses);
}

function readEntries(bytes: Uint8Array, field: number, out: Uint16Array, count: number, limit: number): void {
  open(bytes, field).column32(u32, count, names[field]!);
  for (let i = 0; i < count; i++) {
    if (u32[i]! >= limit) refuse(`${names[field]} holds ${u32[i]}, the limit is ${limit - 1}`);
    out[i] = u32[i]!;
  }
}
