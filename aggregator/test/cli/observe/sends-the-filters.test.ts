import t from 'tap';
import { snoopyInProcess } from '../../fakes/in-process.js';

t.test('every option is part of the request', async (t) => {
  const args =
    '-n shop,blog -n ops -l app=web --pod web-*,api-1 --ip 10.0.0.0/8 --port 80,443 --protocol TCP';
  const more =
    '--outcome failed --dns *.example.com --tls-name shop.* --not port=53,5353 --last 7 --since 2026-01-02T03:04:05.5Z --until 1h';
  const { requests } = await snoopyInProcess([
    'observe',
    ...args.split(' '),
    ...more.split(' '),
    '--not',
    'namespace=ops selector=app in (a, b)',
  ]);
  const [request] = requests;
  t.match(request, {
    last: 7,
    follow: false,
    since: { seconds: Date.UTC(2026, 0, 2, 3, 4, 5) / 1_000, nanos: 500_000_000 },
    include: [
      {
        namespaces: ['shop', 'blog', 'ops'],
        selector: 'app=web',
        pods: ['web-*', 'api-1'],
        cidrs: ['10.0.0.0/8'],
        ports: [80, 443],
        protocols: ['tcp'],
        outcomes: ['OUTCOME_REFUSED', 'OUTCOME_UNREACHABLE', 'OUTCOME_TIMEOUT'],
        dnsNames: ['*.example.com'],
        tlsNames: ['shop.*'],
      },
    ],
    exclude: [{ ports: [53, 5353] }, { namespaces: ['ops'], selector: 'app in (a, b)' }],
  });
  t.ok(Math.abs(Number(request!.until!.seconds) - (Date.now() / 1_000 - 3_600)) < 60);
});

t.test('without -f the last 20, with -f none, with --since all of them', async (t) => {
  const asked = [];
  for (const args of [
    [],
    ['--since', '5m'],
    ['-f', '--no-reconnect'],
    ['-f', '--no-reconnect', '--last', '3'],
  ]) {
    const { requests } = await snoopyInProcess(['observe', ...args]);
    asked.push(...requests.map(({ last, follow }) => [last, follow]));
  }
  t.strictSame(asked, [
    [20, false],
    [0, false],
    [0, true],
    [3, true],
  ]);
});

t.test('the table leaves out the housekeeping of links, unless asked for; JSON never does', async (t) => {
  const excluded = async (...args: string[]) =>
    (await snoopyInProcess(['observe', ...args])).requests[0]!.exclude!.length;
  t.equal(await excluded(), 1);
  for (const args of [['--all'], ['-o', 'json'], ['--protocol', 'icmpv6'], ['--ip', 'fe80::/10']]) {
    t.equal(await excluded(...args), 0, args.join(' '));
  }
});
