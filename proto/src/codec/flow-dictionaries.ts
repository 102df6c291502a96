import type { FlowColumns, PodRef } from '../flow-columns.js';
import { FlowLimits } from '../flow-record.js';
import { isName, MAX_NAME_BYTES } from '../name.js';
import type { LossMessage, LossUnitName } from '../types.js';
import { type FlowBatchHeader, MAX_LOSSES } from './flow-batch-header.js';
import { KnownPods } from './known-pods.js';
import { refuse, WireReader } from './wire-reader.js';
import { wireText } from './wire-text.js';

/** `LossUnit`, by number. */
export const lossUnits: readonly LossUnitName[] = [
  'LOSS_UNIT_UNSPECIFIED',
  'LOSS_UNIT_PACKETS',
  'LOSS_UNIT_RECORDS',
  'LOSS_UNIT_BYTES',
];

const LENGTH_DELIMITED = 2;
const reader = new WireReader();

const knownPods = new KnownPods();

/** Reads one entry of `pods`. */
export function readPod(bytes: Uint8Array, from: number, end: number, into: FlowColumns): void {
  if (into.pods.length >= FlowLimits.pods) refuse(`it names more than ${FlowLimits.pods} pods`);
  let pod = knownPods.find(bytes, from, end);
  if (!pod) {
    pod = parsePod(bytes, from, end);
    knownPods.keep(bytes, from, end, pod);
  }
  into.pods.push(pod);
}

function parsePod(bytes: Uint8Array, from: number, end: number): PodRef {
  const fields = ['', '', ''];
  eachField(bytes, from, end, (field, wireType) => {
    if (field < 1 || field > 3 || wireType !== LENGTH_DELIMITED) return false;
    fields[field - 1] = text(bytes, 'a pod');
    return true;
  });
  const [uid = '', namespace = '', name = ''] = fields;
  if (uid === '') refuse('a pod has no uid');
  if (!isName(namespace) || !isName(name)) refuse('the name of a pod cannot be a name');
  return { uid, namespace, name };
}

/** Reads one entry of `names`. */
export function readName(bytes: Uint8Array, from: number, end: number, into: FlowColumns): void {
  if (into.names.length >= FlowLimits.names) refuse(`it has more than ${FlowLimits.names} names`);
  into.names.push(wireText(bytes, from, end, FlowLimits.nameBytes, 'a DNS name'));
}

/** Reads one entry of `lost`. */
export function readLoss(bytes: Uint8Array, from: number, end: number, header: FlowBatchHeader): void {
  if (header.lost.length >= MAX_LOSSES) refuse(`it has more than ${MAX_LOSSES} losses`);
  const loss = { node: '', stage: '', reason: '', count: 0, unit: lossUnits[0]! } satisfies LossMessage;
  eachField(bytes, from, end, (field, wireType) => {
    if (wireType === LENGTH_DELIMITED) {
      if (field === 1) loss.node = text(bytes, 'the node of a loss');
      else if (field === 2) loss.stage = text(bytes, 'the stage of a loss');
      else if (field === 3) loss.reason = text(bytes, 'the reason of a loss');
      else return false;
      return true;
    }
    if (wireType !== 0 || (field !== 4 && field !== 5)) return false;
    const value = reader.number('a loss');
    if (field === 4) loss.count = value;
    else loss.unit = lossUnits[value] ?? refuse('the unit of a loss is unknown');
    return true;
  });
  header.lost.push(loss);
}

/** Walks a message. @param take reads the value and returns true, or false for a field that it does not know */
function eachField(
  bytes: Uint8Array,
  from: number,
  end: number,
  take: (field: number, wireType: number) => boolean,
): void {
  reader.reset(bytes, from, end);
  while (reader.at < reader.end) {
    const tag = reader.number('a field number');
    const field = Math.floor(tag / 8);
    if (field === 0) refuse('it has a field with the number 0');
    if (!take(field, tag % 8)) reader.skip(tag % 8);
  }
}

function text(bytes: Uint8Array, what: string): string {
  const length = reader.length(what);
  const from = reader.at;
  reader.at += length;
  return wireText(bytes, from, from + length, MAX_NAME_BYTES, what);
}
