/** Series of a promtool test: values by its notation, one a minute. */
export type Series = Readonly<Record<string, string>>;

/** One course of events, and what fires at one moment of it. */
export interface Case {
  readonly says: string;
  readonly alert: string;
  readonly series: Series;
  /** When to look, minutes. */
  readonly at: number;
  /** Labels of what fires then, without severity; empty: silence. */
  readonly fires: readonly Readonly<Record<string, string>>[];
}

const silent: Case['fires'] = [];
const pair = 'src_namespace="shop",src_workload="web",dst_namespace="shop",dst_workload="api"';
const attempts = (outcome: string): string => `snoopy_connections_total{${pair},outcome="${outcome}"}`;
const answers = (rcode: string): string => `snoopy_dns_responses_total{${pair},rcode="${rcode}"}`;
const records = (state: string, node = 'n1'): string =>
  `snoopy_node_records_total{node="${node}",state="${state}"}`;
const lost = (labels: string): string => `snoopy_lost_total{${labels}}`;
const toApi = { dst_namespace: 'shop', dst_workload: 'api' };
const ofWeb = { src_namespace: 'shop', src_workload: 'web' };

/** A certificate that is valid until so many seconds after the test's beginning. */
const certificate = (seconds: number): Series => ({
  'snoopy_certificate_expiry_timestamp_seconds{certificate="aggregator",instance="a"}': `${seconds}x60`,
});
const DAY = 86_400;

export const cases: readonly Case[] = [
  {
    says: 'no aggregator is there',
    alert: 'SnoopyAggregatorMissing',
    series: { 'snoopy_agents_connected{instance="a"}': '3x10 stale' },
    at: 20,
    fires: [{}],
  },
  {
    says: 'one of two aggregators is enough',
    alert: 'SnoopyAggregatorMissing',
    series: {
      'snoopy_agents_connected{instance="a"}': '3x10 stale',
      'snoopy_agents_connected{instance="b"}': '0x60',
    },
    at: 20,
    fires: silent,
  },
  {
    says: 'an agent left ten minutes ago',
    alert: 'SnoopyAgentMissing',
    series: {
      'snoopy_node_connected{node="n1",instance="a"}': '1x60',
      'snoopy_node_connected{node="n2",instance="a"}': '1x10 0x50',
    },
    at: 20,
    fires: [{ node: 'n2' }],
  },
  {
    says: 'an agent restarts within two minutes, another has moved to the other aggregator',
    alert: 'SnoopyAgentMissing',
    series: {
      'snoopy_node_connected{node="n1",instance="a"}': '1x10 0 0 1x50',
      'snoopy_node_connected{node="n2",instance="a"}': '1x10 0x50',
      'snoopy_node_connected{node="n2",instance="b"}': '_x9 1x50',
    },
    at: 20,
    fires: silent,
  },
  {
    says: 'an agent runs and reaches nobody',
    alert: 'SnoopyAgentNotConnected',
    series: {
      'snoopy_agent_connected{instance="n1"}': '0x60',
      'snoopy_agent_connected{instance="n2"}': '1x60',
    },
    at: 10,
    fires: [{ instance: 'n1' }],
  },
  {
    says: 'all agents are connected',
    alert: 'SnoopyAgentNotConnected',
    series: { 'snoopy_agent_connected{instance="n1"}': '0 0 1x60' },
    at: 10,
    fires: silent,
  },
  {
    says: 'one node loses 2 in 1,000 records, the other none',
    alert: 'SnoopyRecordsLost',
    series: {
      [records('delivered')]: '0+998x60',
      [records('lost')]: '0+2x60',
      [records('delivered', 'n2')]: '0+900000x60',
      [records('lost', 'n2')]: '0x60',
    },
    at: 30,
    fires: [{ node: 'n1' }],
  },
  {
    says: 'a node loses 1 in 2,000 records, and another did so for a moment',
    alert: 'SnoopyRecordsLost',
    series: {
      [records('delivered')]: '0+1999x60',
      [records('lost')]: '0+1x60',
      [records('delivered', 'n2')]: '0+1000x60',
      [records('lost', 'n2')]: '0x5 50x54',
    },
    at: 30,
    fires: silent,
  },
  {
    says: 'the kernel drops 2 in 1,000 packets',
    alert: 'SnoopyPacketsLost',
    series: {
      'snoopy_node_packets_total{node="n1"}': '0+9980x60',
      [lost('node="n1",stage="kernel_ring",reason="full",unit="packets"')]: '0+20x60',
    },
    at: 30,
    fires: [{ node: 'n1' }],
  },
  {
    says: 'it drops 1 in 10,000, and a capture drops many of its own',
    alert: 'SnoopyPacketsLost',
    series: {
      'snoopy_node_packets_total{node="n1"}': '0+9999x60',
      [lost('node="n1",stage="kernel_ring",reason="full",unit="packets"')]: '0+1x60',
      [lost('node="n1",stage="capture",reason="kernel",unit="packets"')]: '0+500x60',
    },
    at: 30,
    fires: silent,
  },
  {
    says: 'a capture drops 1 %',
    alert: 'SnoopyCaptureDropsPackets',
    series: {
      snoopy_capture_packets_total: '0+9900x60',
      [lost('node="n1",stage="capture",reason="kernel",unit="packets"')]: '0+60x60',
      [lost('node="",stage="capture",reason="aggregator",unit="packets"')]: '0+40x60',
    },
    at: 10,
    fires: [{}],
  },
  {
    says: 'a job drops one in ten thousand',
    alert: 'SnoopyCaptureDropsPackets',
    series: {
      snoopy_capture_packets_total: '0x60',
      snoopy_job_packets_total: '0+9999x60',
      [lost('node="n1",stage="capture",reason="kernel",unit="packets"')]: '0+1x60',
    },
    at: 10,
    fires: silent,
  },
  {
    says: 'a run of a job fails, one is missed',
    alert: 'SnoopyJobFailed',
    series: {
      'snoopy_job_runs_total{result="failed"}': '0x5 1x55',
      'snoopy_job_runs_total{result="missed"}': '0x8 2x52',
      'snoopy_job_runs_total{result="complete"}': '0+1x60',
    },
    at: 20,
    fires: [{ result: 'failed' }, { result: 'missed' }],
  },
  {
    says: 'runs end well, and one failed yesterday',
    alert: 'SnoopyJobFailed',
    series: {
      'snoopy_job_runs_total{result="failed"}': '1x60',
      'snoopy_job_runs_total{result="complete"}': '0+1x60',
    },
    at: 50,
    fires: silent,
  },
  {
    says: 'a capture drops nothing while flows lose packets',
    alert: 'SnoopyCaptureDropsPackets',
    series: {
      snoopy_capture_packets_total: '0+9900x60',
      [lost('node="n1",stage="kernel_ring",reason="full",unit="packets"')]: '0+500x60',
    },
    at: 10,
    fires: silent,
  },
  {
    says: 'a server that answered for hours refuses one in ten',
    alert: 'SnoopySuccessRateFallen',
    series: {
      [attempts('established')]: '0+100x120 12000+90x60',
      [attempts('refused')]: '0x120 0+10x60',
    },
    at: 145,
    fires: [toApi],
  },
  {
    says: 'a server that answered for hours answers nothing any more',
    alert: 'SnoopySuccessRateFallen',
    series: {
      [attempts('established')]: '0+100x120 12000x60',
      [attempts('timeout')]: '_x120 0+100x60',
    },
    at: 145,
    fires: [toApi],
  },
  {
    says: 'one in fifty fails, as ever',
    alert: 'SnoopySuccessRateFallen',
    series: { [attempts('established')]: '0+98x180', [attempts('refused')]: '0+2x180' },
    at: 145,
    fires: silent,
  },
  {
    says: 'half fails, but it always did',
    alert: 'SnoopySuccessRateFallen',
    series: { [attempts('established')]: '0+50x180', [attempts('refused')]: '0+50x180' },
    at: 145,
    fires: silent,
  },
  {
    says: 'the only attempt in ten minutes fails',
    alert: 'SnoopySuccessRateFallen',
    series: { [attempts('established')]: '0+1x120 120x60', [attempts('refused')]: '0x125 1x55' },
    at: 132,
    fires: silent,
  },
  {
    says: 'one question in ten is not answered',
    alert: 'SnoopyDnsErrors',
    series: {
      [answers('NOERROR')]: '0+90x60',
      [answers('NOANSWER')]: '0+6x60',
      [answers('SERVFAIL')]: '0+4x60',
    },
    at: 30,
    fires: [ofWeb],
  },
  {
    says: 'three of four names do not exist, one in a hundred fails',
    alert: 'SnoopyDnsErrors',
    series: {
      [answers('NOERROR')]: '0+24x60',
      [answers('NXDOMAIN')]: '0+75x60',
      [answers('SERVFAIL')]: '0+1x60',
    },
    at: 30,
    fires: silent,
  },
  {
    says: 'a certificate ends in six days',
    alert: 'SnoopyCertificateNearExpiry',
    series: certificate(6 * DAY),
    at: 20,
    fires: [{ certificate: 'aggregator', instance: 'a' }],
  },
  {
    says: 'a certificate ends in eight days',
    alert: 'SnoopyCertificateNearExpiry',
    series: certificate(8 * DAY),
    at: 20,
    fires: silent,
  },
  {
    says: 'series have no line of their own',
    alert: 'SnoopySeriesCapReached',
    series: { 'snoopy_aggregator_series_folded{instance="a"}': '0x5 3x55' },
    at: 20,
    fires: [{ instance: 'a' }],
  },
  {
    says: 'connections have no labels of their own',
    alert: 'SnoopySeriesCapReached',
    series: {
      'snoopy_aggregator_series_folded{instance="a"}': '0x60',
      'snoopy_aggregator_flows_folded_total{instance="a"}': '0x5 0+7x55',
    },
    at: 20,
    fires: [{ instance: 'a' }],
  },
  {
    says: 'there is room',
    alert: 'SnoopySeriesCapReached',
    series: {
      'snoopy_aggregator_series_folded{instance="a"}': '0x60',
      'snoopy_aggregator_flows_folded_total{instance="a"}': '12x60',
    },
    at: 20,
    fires: silent,
  },
];
