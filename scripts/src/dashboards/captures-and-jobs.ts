import * as units from '@grafana/grafana-foundation-sdk/units';
import type { Board } from './board.js';
import { figure, lines } from './panel.js';
import { rate, share } from './queries.js';

const dropped = rate('snoopy_lost_total', 'stage="capture"');
const captured = `(${rate('snoopy_capture_packets_total')} + ${rate('snoopy_job_packets_total')})`;

export const capturesAndJobs: Board = {
  uid: 'snoopy-captures',
  title: 'Snoopy / Captures and jobs',
  description: 'Captures of packets and other tasks: what runs, how it ends, what was dropped.',
  variables: [],
  rows: {
    Now: [
      figure({
        title: 'Captures that run',
        description: 'Captures that clients hold open; an aggregator runs 8 at most.',
        unit: units.Number,
        query: 'sum(snoopy_captures_running)',
        width: 6,
      }),
      figure({
        title: 'Tasks on nodes',
        description:
          'Captures and tools that agents run: one for each node that has a part in a capture or job.',
        unit: units.Number,
        query: 'sum(snoopy_agent_tasks)',
        width: 6,
      }),
      figure({
        title: 'Captures of the last 24 h',
        description: 'Captures that ended within a day, however they did.',
        unit: units.Number,
        query: 'sum(increase(snoopy_captures_total[24h]))',
        width: 6,
      }),
      figure({
        title: 'Packets dropped',
        description:
          'Of all packets for captures and jobs, those that the kernel, an agent or the aggregator had to drop. Each file says so itself, with the place of the gap.',
        unit: units.PercentUnit,
        query: share(dropped, `(${captured} + (${dropped} or vector(0)))`),
        limits: { good: 0.0001, bad: 0.001 },
        without: '0 %',
        width: 6,
      }),
    ],
    Captures: [
      lines({
        title: 'Captures that run',
        description: 'Captures that clients hold open, by aggregator.',
        unit: units.Number,
        queries: { '{{instance}}': 'snoopy_captures_running' },
        stacked: true,
      }),
      lines({
        title: 'Captures that ended, by result',
        description:
          'complete: the file has every packet. incomplete: something was dropped or a pod failed, and the file says what. failed: no agent could begin. cancelled: the reader went away.',
        unit: units.OpsPerSecond,
        queries: { '{{result}}': rate('snoopy_captures_total', '', ['result']) },
        stacked: true,
      }),
      lines({
        title: 'Packets captured',
        description: 'Packets written to the files of captures.',
        unit: units.PacketsPerSecond,
        queries: { packets: rate('snoopy_capture_packets_total') },
      }),
      lines({
        title: 'Bytes captured',
        description:
          'Captured bytes of those packets, which a snapshot length makes smaller than the packets.',
        unit: units.BytesPerSecondSI,
        queries: { bytes: rate('snoopy_capture_bytes_total') },
      }),
      lines({
        title: 'Packets dropped, by node and stage',
        description:
          'kernel: tcpdump was too slow for its ring. agent: the link or the reader was. aggregator: the reader was, or packets came that could not be read. A filter or a smaller snapshot length helps.',
        unit: units.PacketsPerSecond,
        queries: { '{{node}} {{reason}}': rate('snoopy_lost_total', 'stage="capture"', ['node', 'reason']) },
        stacked: true,
      }),
      lines({
        title: 'Tasks by agent',
        description: 'Captures and tools that each agent runs.',
        unit: units.Number,
        queries: { '{{instance}}': 'snoopy_agent_tasks' },
        stacked: true,
      }),
    ],
    Jobs: [
      lines({
        title: 'Runs under way',
        description: 'Runs of SnoopyJobs that are under way, by aggregator: one of several carries them out.',
        unit: units.Number,
        queries: { '{{instance}}': 'snoopy_job_runs_running' },
        stacked: true,
      }),
      lines({
        title: 'Runs that began and ended, by result',
        description:
          'complete: in every pod. failed: the status says in which pod and why. interrupted: the aggregator ended meanwhile. missed: not begun in time.',
        unit: units.OpsPerSecond,
        queries: {
          begun: rate('snoopy_job_runs_started_total'),
          '{{result}}': rate('snoopy_job_runs_total', '', ['result']),
        },
      }),
      lines({
        title: 'Packets captured by jobs',
        description: 'Packets written to the files of SnoopyJobs.',
        unit: units.PacketsPerSecond,
        queries: { packets: rate('snoopy_job_packets_total') },
      }),
      lines({
        title: 'Bytes got by jobs',
        description: 'Captured bytes of those packets, and what tools wrote.',
        unit: units.BytesPerSecondSI,
        queries: { bytes: rate('snoopy_job_bytes_total') },
      }),
    ],
  },
};
