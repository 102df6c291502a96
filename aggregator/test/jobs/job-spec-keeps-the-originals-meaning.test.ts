import t from 'tap';
import { readJobSpec } from '../../src/jobs/job-spec.js';

t.test('the original’s sample', (t) => {
  const spec = readJobSpec(
    {
      command: 'tcpdump',
      args: '-i eth0 -U -w -',
      labelSelector: { networkMonitor: 'true' },
      targetNamespace: 'cnf-telco',
      dataServiceIP: 'snoopy-data-svc.snoopy-operator.svc.cluster.local',
      dataServicePort: '51001',
    },
    'default',
  );
  t.match(spec, {
    work: { kind: 'capture', capture: { interfaces: ['eth0'], filter: '', snaplen: 0, packets: 0 } },
    targets: { namespace: 'cnf-telco', followNewPods: true },
    maxSeconds: 0,
    endless: true,
    cron: undefined,
    concurrency: 'Replace',
    collector: 'snoopy-data-svc.snoopy-operator.svc.cluster.local:51001',
  });
  t.ok(spec.targets.selector.matches({ networkMonitor: 'true', app: 'x' }));
  t.notOk(spec.targets.selector.matches({ networkMonitor: 'false' }));
  t.end();
});

t.test('tcpdump without -w - prints text; other commands are tools', (t) => {
  const work = (command: string, args: string) =>
    readJobSpec({ command, args, labelSelector: { a: 'b' } }, 'shop').work;
  t.strictSame(work('tcpdump', '-n -i eth0'), { kind: 'run', tool: 'tcpdump', args: ['-n', '-i', 'eth0'] });
  t.match(work('tcpdump', '-nni eth0 -w -'), { kind: 'capture', capture: { interfaces: ['eth0'] } });
  t.match(work('tcpdump', '-i eth0 -C 1 -w -'), { kind: 'run' }, 'the agent says what it thinks of it');
  t.strictSame(work('tcpdump', "-i any -s96 -c 10 -w - 'tcp port 80 or udp'"), {
    kind: 'capture',
    capture: { interfaces: ['any'], filter: 'tcp port 80 or udp', snaplen: 96, packets: 10 },
  });
  t.strictSame(work('ping', '-c 3 "10.0.0.1"'), { kind: 'run', tool: 'ping', args: ['-c', '3', '10.0.0.1'] });
  t.end();
});

t.test('our own fields', (t) => {
  const spec = readJobSpec(
    {
      targets: {
        podSelector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['db', 'cache'] }] },
        namespaceSelector: { matchLabels: { team: 'net' } },
        exclude: { matchLabels: { quiet: 'yes' } },
        owner: { kind: 'Deployment', name: 'web' },
      },
      tool: { capture: { filter: 'udp', headersOnly: true } },
      limits: { duration: '90s', packets: 1_000, bytes: '10Mi', bytesPerPod: 4_096 },
      schedule: '0 3 * * *',
      timeZone: 'Europe/Berlin',
      concurrencyPolicy: 'Forbid',
    },
    'shop',
  );
  t.match(spec, {
    work: { kind: 'capture', capture: { snaplen: 192 } },
    maxSeconds: 90,
    endless: false,
    maxPackets: 1_000,
    maxBytes: 10 << 20,
    maxBytesPerPod: 4_096,
    concurrency: 'Forbid',
  });
  t.notOk(spec.targets.selector.matches({ tier: 'db' }));
  t.ok(spec.targets.namespaceSelector?.matches({ team: 'net' }));
  t.end();
});

t.test('what will not do is refused with a sentence', (t) => {
  const labelSelector = { a: 'b' };
  for (const [spec, sentence] of [
    [{ labelSelector }, /nothing to do/],
    [{ command: 'ip', args: 'addr' }, /no pods are named/],
    [{ command: 'ip', args: "'addr", labelSelector }, /args: a quote/],
    [{ command: 'ip', labelSelector, timer: 'soon' }, /duration/],
    [{ command: 'ip', labelSelector, timer: '30d' }, /not between 1 s and 7 days/],
    [{ command: 'ip', labelSelector, schedule: 'x' }, /5 are needed/],
    [{ command: 'ip', labelSelector, timeZone: 'UTC' }, /timeZone needs a schedule/],
    [{ tool: { capture: {}, run: { name: 'ip' } }, labelSelector }, /both capture and run/],
    [
      { command: 'ip', targets: { podSelector: { matchExpressions: [{ key: 'a', operator: 'Like' }] } } },
      /"Like" is no operator/,
    ],
  ] as const)
    t.throws(() => readJobSpec(spec, 'shop'), { message: sentence });
  t.end();
});
