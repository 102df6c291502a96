import type { Test } from 'tap';
import { PcapError } from '../../../src/capture/pcap-error.js';
import { DecodeError, decodeErrorNames } from '../../../src/decode/decode-error.js';
import type { FuzzResult } from './run.js';

/** What must hold after any number of mutated inputs. */
export function expectUnharmed(t: Test, result: FuzzResult): void {
  t.strictSame(result.wrongs, [], 'nothing thrown, no value out of its range');
  t.ok(result.slowestMs < 1000, `no input takes long (the slowest ${result.slowestMs.toFixed(1)} ms)`);
  const [early, late] = result.memory;
  t.ok(late - early < 1 << 20, `memory is flat (${late - early} bytes more)`);
  // Mutations that no longer reach a branch would make this test worthless.
  for (const [error, name] of decodeErrorNames.entries()) {
    const ofDns = error >= DecodeError.dnsTruncated;
    t.ok((ofDns ? result.messages : result.frames)[error]! > 0, `some gave ${name}`);
  }
  for (const [name, error] of Object.entries(PcapError)) {
    if (error !== PcapError.pcapng) t.ok(result.streams[error]! > 0, `some streams gave ${name}`);
  }
}
