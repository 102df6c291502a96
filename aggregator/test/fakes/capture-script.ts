import type { CaptureProgressMessage, CaptureStart } from '@snoopy/proto';
import type { CaptureCall } from './fake-aggregator.js';

const target = {
  namespace: 'shop',
  pod: 'web-1',
  node: 'node-a',
  interface: 'eth0',
  packets: 3,
  bytes: 180,
  done: true,
};
export const complete: CaptureProgressMessage = {
  targets: [target],
  complete: true,
  summary: 'Complete: 3 packets of 1 interface; nothing was dropped.',
};
export const incomplete: CaptureProgressMessage = {
  targets: [{ ...target, kernelDropped: 7, error: 'gone\u001b[2J' }],
  complete: false,
  summary: 'Incomplete: 3 packets of 1 interface; dropped 7 by the kernel.',
};

/** Sends `pieces`, then waits for a stop if told to, then finishes. */
export function playing(pieces: readonly Buffer[], finished: CaptureProgressMessage, untilStop = false) {
  const starts: CaptureStart[] = [];
  const capture = (call: CaptureCall) => {
    const finish = () => {
      call.write({ finished });
      call.end();
    };
    call.on('data', (request) => {
      if (request.stop) return finish();
      starts.push(request.start!);
      call.write({ started: { targets: [target] } });
      for (const pcapng of pieces) call.write({ pcapng });
      if (!untilStop) finish();
    });
  };
  return { starts, capture };
}

/** What a capture's file is made of in these tests. */
export const pieces = [Buffer.alloc(70_000, 1), Buffer.alloc(100, 2)];
