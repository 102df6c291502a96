import { type CaptureProgress, type CaptureTarget, printable } from '@snoopy/proto';
import { table } from './columns.js';
import { bytesText, exactText } from './quantity.js';

/** How a capture goes, on one line. */
export function captureLine(progress: CaptureProgress): string {
  const { targets } = progress;
  const packets = sum(targets, (t) => t.packets);
  const dropped = sum(targets, droppedOf);
  const open = targets.filter((t) => !t.done).length;
  const failed = targets.filter((t) => t.error !== '').length;
  return [
    `${exactText(packets)} packets, ${bytesText(sum(targets, (t) => t.bytes))}`,
    `from ${open} of ${targets.length} interfaces`,
    dropped > 0 ? `${exactText(dropped)} dropped` : 'none dropped',
    ...(failed > 0 ? [`${failed} failed`] : []),
    'Ctrl-C ends',
  ].join(', ');
}

/** What came of it: a line for each interface, then the statement of completeness. */
export function captureReport(finished: CaptureProgress): string[] {
  const right = 'right' as const;
  const lines = table(
    [
      { title: 'INTERFACE' },
      { title: 'PACKETS', align: right },
      { title: 'BYTES', align: right },
      { title: 'DROPPED', align: right },
      { title: '' },
    ],
    finished.targets.map((target) => [
      printable(`${target.namespace}/${target.pod}/${target.interface || '?'}@${target.node}`, 400),
      exactText(target.packets),
      bytesText(target.bytes),
      exactText(droppedOf(target)),
      printable(target.error, 300),
    ]),
  );
  return [...lines, printable(finished.summary, 2_000)];
}

function droppedOf(target: CaptureTarget): number {
  return target.kernelDropped + target.agentDropped + target.aggregatorDropped;
}

function sum(targets: readonly CaptureTarget[], value: (target: CaptureTarget) => number): number {
  return targets.reduce((total, target) => total + value(target), 0);
}
