import t from 'tap';
import { PcapReader } from '../../../src/capture/pcap-reader.js';
import { Handover, quietOccasions } from '../../../src/watch/handover.js';
import { HeldStream, HoldBudget } from '../../../src/watch/held-stream.js';
import { OverlapLog } from '../../../src/watch/overlap-log.js';
import { fileHeader, numbered, type Packet, record, stream } from '../../fakes/pcap.js';

const start = 1_700_000_000e6;
const none = new Uint8Array(0);

function logOf(packets: readonly Packet[]): OverlapLog {
  const log = new OverlapLog(fileHeader(), none);
  for (const packet of packets) log.push(record(packet));
  return log;
}

/** Numbers of the packets that a stream holds. */
function numbersOf(chunks: readonly Uint8Array[]): number[] {
  const reader = new PcapReader();
  const numbers: number[] = [];
  reader.feed(Buffer.concat(chunks));
  while (reader.next()) numbers.push(reader.view.getUint32(reader.offset + 20, true));
  return numbers;
}

function handOver(old: OverlapLog, fromUs: number, chunks: readonly Uint8Array[], ended = true) {
  const out: Uint8Array[] = [];
  const handover = new Handover(old, new HeldStream(new HoldBudget()), fromUs, (chunk) =>
    out.push(Buffer.from(chunk)),
  );
  for (const chunk of chunks) handover.push(chunk);
  if (ended) handover.finish();
  return { handover, numbers: numbersOf(out) };
}

const times = Array.from({ length: 20 }, (_, i) => start + i * 1_000);
const all = numbered(times);
/** The other socket's time stamps: 3 µs later. */
const later = all.map(({ us, frame }) => ({ us: us + 3, frame }));

t.test('the old one ended at 11, the new one began at 5: it goes on with 12', async (t) => {
  const { handover, numbers } = handOver(logOf(all.slice(0, 12)), start + 6_500, [stream(later.slice(5))]);
  t.same(numbers, [12, 13, 14, 15, 16, 17, 18, 19]);
  t.equal(handover.skipped, 7);
  t.equal(handover.skippedSince, 5);
  t.equal(handover.readSince, 5);
});

t.test('the stream may come byte by byte', async (t) => {
  const bytes = stream(later.slice(5));
  const chunks = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
  t.same(handOver(logOf(all.slice(0, 12)), start + 6_500, chunks).numbers, [12, 13, 14, 15, 16, 17, 18, 19]);
});

t.test('the new one began behind the old one’s end: everything counts', async (t) => {
  const { handover, numbers } = handOver(logOf(all.slice(0, 5)), start + 4_500, [stream(later.slice(5))]);
  t.same(numbers, [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  t.equal(handover.skippedSince - handover.readSince, 0);
});

t.test(
  'an old one that read nothing: everything counts since the new one is complete, at once',
  async (t) => {
    t.equal(handOver(logOf([]), start, [stream(later)], false).numbers.length, 20);
    t.same(handOver(logOf([]), start + 16_500, [stream(later)], false).numbers, [17, 18, 19]);
  },
);

t.test('packets that only one of them dropped are accounted for', async (t) => {
  const old = logOf(all.slice(0, 12).filter((_, i) => i !== 8));
  const fresh = later.slice(5).filter((_, i) => i !== 4); // without 9
  const { handover, numbers } = handOver(old, start + 5_500, [stream(fresh)]);
  t.same(numbers, [12, 13, 14, 15, 16, 17, 18, 19]);
  // since packet 6 the new one received 14 and dropped 1; 13 were handed on: 6, 7, 9, 10, 11 and 12 … 19
  const dropped = 1;
  t.equal(handover.readSince, 5);
  t.equal(dropped + handover.skippedSince - handover.readSince, 1);
});

t.test('the last packet of the old one is missing in the new one: time decides', async (t) => {
  const fresh = later.slice(5).filter(({ us }) => us !== later[11]!.us);
  t.same(
    handOver(logOf(all.slice(0, 12)), start + 6_500, [stream(fresh)]).numbers,
    [12, 13, 14, 15, 16, 17, 18, 19],
  );
});

t.test('packets that look alike are told apart by their time', async (t) => {
  const alike = times.map((us) => ({ us, frame: Buffer.alloc(60) }));
  const shifted = alike.map(({ us, frame }) => ({ us: us + 2, frame }));
  const { handover, numbers } = handOver(logOf(alike.slice(0, 12)), start + 6_500, [
    stream(shifted.slice(5)),
  ]);
  t.equal(numbers.length, 8);
  t.equal(handover.skipped, 7);
});

t.test('nothing is handed on before it is known where', async (t) => {
  const chunks = [stream(later.slice(5, 12))];
  const { handover, numbers } = handOver(logOf(all.slice(0, 12)), start + 6_500, chunks, false);
  t.same(numbers, []);
  for (let i = 0; i < quietOccasions; i++) handover.expire();
  t.notOk(handover.done, 'more may be on its way');
  handover.push(record(later[12]!));
  for (let i = 0; i < quietOccasions; i++) handover.expire();
  t.notOk(handover.done, 'and some was');
  handover.expire();
  t.ok(handover.done);
  t.equal(handover.skipped, 7);
});

t.test('a new one that ends before it has told anything leaves only the old one’s account', async (t) => {
  const { handover, numbers } = handOver(logOf(all.slice(0, 12)), start + 6_500, []);
  t.same(numbers, []);
  t.ok(handover.done);
  t.equal(handover.readSince, 5, 'of what it dropped, so much is known to the old one');
});

t.test('a log can begin in the middle of a record', async (t) => {
  const bytes = record(all[0]!);
  const log = new OverlapLog(fileHeader(), bytes.subarray(0, 30));
  log.push(bytes.subarray(30));
  log.push(record(all[1]!));
  t.equal(log.length, 2);
  t.equal(log.timeUs(1), times[1]);
});
