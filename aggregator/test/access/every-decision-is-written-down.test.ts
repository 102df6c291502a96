import { SnoopyError } from '@snoopy/proto';
import t from 'tap';
import type { Ask } from '../../src/access/access.js';
import { AccessControl } from '../../src/access/access-control.js';
import type { AuditLine } from '../../src/access/audit.js';
import type { AgentIdentity, User } from '../../src/access/authority.js';
import { HandClock } from '../fakes/hand-clock.js';

const ann: User = { name: 'ann', uid: '1', groups: [], extra: {} };
const caller = { token: 'good', peer: '10.0.0.9:5' };
const ask: Ask = {
  call: 'GetFlows',
  permissions: [
    { verb: 'list', resource: 'flows' },
    { verb: 'watch', resource: 'flows' },
  ],
  namespaces: ['shop'],
};

/** Fakes of what Kubernetes would say: `ann` has the token `good` and the rights that a test gives her. */
class World {
  readonly lines: AuditLine[] = [];
  readonly clock = new HandClock();
  rights = new Set(['list flows shop', 'watch flows shop']);
  away = false;
  identity: AgentIdentity = { user: 'agent', node: 'n1', endsMs: this.clock.us / 1_000 + 600_000 };
  readonly control = new AccessControl(
    {
      who: async (token) => {
        this.#answers();
        return token === 'good' ? ann : undefined;
      },
      may: async (_, { verb, resource }, namespace) => {
        this.#answers();
        return this.rights.has(`${verb} ${resource} ${namespace}`);
      },
    },
    { identify: async () => this.identity },
    { write: (line) => void this.lines.push(line) },
    this.clock,
  );

  #answers(): void {
    if (this.away) throw new SnoopyError('UNAVAILABLE', 'nobody answers');
  }
}

t.test('a decision, then the end with what left', async (t) => {
  const world = new World();
  const grant = await world.control.client(caller, ask);
  const { peer } = caller;
  const rights = 'list flows,watch flows';
  t.same(world.lines, [
    { audit: 'decision', allowed: true, user: 'ann', peer, call: 'GetFlows', rights, namespaces: ['shop'] },
  ]);
  t.notOk(grant.scope.all);
  t.ok(grant.scope.sees('shop'));
  t.notOk(grant.scope.sees('billing'));
  world.clock.goMs(1_500);
  grant.end(42);
  grant.end(43);
  t.match(world.lines.slice(1), [{ audit: 'end', user: 'ann', bytes: 42, seconds: 1.5 }]);
  t.equal(world.lines.length, 2, 'once');
});

t.test('a right for all namespaces shows all, whatever is asked for', async (t) => {
  const world = new World();
  world.rights = new Set(['list flows ', 'watch flows ']);
  t.ok((await world.control.client(caller, ask)).scope.all);
  t.ok((await world.control.client(caller, { ...ask, namespaces: [] })).scope.all);
});

t.test('refusals say what is missing, and are written down', async (t) => {
  const world = new World();
  const refused = async (who: typeof caller, what: Ask): Promise<SnoopyError> => {
    const before = world.lines.length;
    const error = await world.control.client(who, what).then(
      () => t.fail('it was allowed'),
      (reason: SnoopyError) => reason,
    );
    t.match(world.lines.slice(before), [{ allowed: false, reason: (error as SnoopyError).message }]);
    return error as SnoopyError;
  };
  t.match(await refused({ ...caller, token: '' }, ask), { code: 'UNAUTHENTICATED', message: /--token-file/ });
  t.match(await refused({ ...caller, token: 'bad' }, ask), { code: 'UNAUTHENTICATED' });
  t.match(await refused({ ...caller, token: 'a b' }, ask), { message: /cannot be one/ });
  t.match(await refused({ ...caller, token: 'x'.repeat(20_000) }, ask), { message: /cannot be one/ });
  const all = await refused(caller, { ...ask, namespaces: [] });
  t.match(all, { code: 'NOT_ALLOWED', message: /ann may not list flows\.snoopy\.dev in all namespaces/ });
  t.match(await refused(caller, { ...ask, namespaces: ['shop', 'x'] }), { message: /in the namespace x/ });
  const many = Array.from({ length: 51 }, (_, i) => `n${i}`);
  t.match(await refused(caller, { ...ask, namespaces: many }), { code: 'BAD_INPUT' });
  world.rights.delete('watch flows shop');
  t.match(await refused(caller, ask), { message: /may not watch flows/ });
  world.away = true;
  t.match(await refused(caller, ask), { code: 'UNAVAILABLE' });
});

t.test('what cannot be written down is not allowed', async (t) => {
  const world = new World();
  const { clients, agents, clock } = world.control;
  const audit = {
    write: ({ allowed }: AuditLine) => {
      if (allowed) throw new SnoopyError('UNAVAILABLE', 'the disk is full');
    },
  };
  await t.rejects(new AccessControl(clients, agents, audit, clock).client(caller, ask), /disk is full/);
  await t.rejects(new AccessControl(clients, agents, audit, clock).agent(caller, 'n1', 'Control'), /disk/);
});

t.test('a long call is asked about again each minute', async (t) => {
  const world = new World();
  const grant = await world.control.client(caller, ask);
  const ticks = fakeInterval(t);
  let lost: SnoopyError | undefined;
  grant.keep((error) => {
    lost = error;
  });
  t.equal(ticks.ms, 60_000);
  await ticks.tick();
  t.equal(lost, undefined);
  world.away = true;
  for (let i = 0; i < 9; i++) {
    world.clock.goMs(60_000);
    await ticks.tick();
  }
  t.equal(lost, undefined, 'nine minutes without an answer are borne');
  world.away = false;
  await ticks.tick();
  world.away = true;
  world.clock.goMs(601_000);
  await ticks.tick();
  t.match(lost, { code: 'UNAVAILABLE' }, 'ten are not');

  lost = undefined;
  world.away = false;
  world.rights.clear();
  await ticks.tick();
  t.match(lost, { code: 'NOT_ALLOWED' });
  t.match(world.lines.at(-1), { audit: 'decision', allowed: false, user: 'ann' });
  grant.end(0);
});

t.test('an agent is its token’s node, and stays as long as its tokens do', async (t) => {
  const world = new World();
  await t.rejects(world.control.agent(caller, 'n2', 'Control'), { code: 'NOT_ALLOWED', message: /node n1/ });
  const grant = await world.control.agent(caller, 'n1', 'Control');
  t.match(
    world.lines.map(({ allowed }) => allowed),
    [false, true],
  );
  const ticks = fakeInterval(t);
  let lost: SnoopyError | undefined;
  grant.keep((error) => {
    lost = error;
  });
  world.clock.goMs(550_000);
  world.identity = { ...world.identity, endsMs: world.clock.us / 1_000 + 600_000 };
  await grant.renew('later');
  world.clock.goMs(300_000);
  await ticks.tick();
  t.equal(lost, undefined, 'the later token counts');
  world.identity = { ...world.identity, node: 'n2' };
  await t.rejects(grant.renew('of another'), /somebody else/);
  world.clock.goMs(500_000);
  await ticks.tick();
  t.match(lost, { code: 'UNAUTHENTICATED', message: /no later one/ });
});

/** Takes the place of setInterval until the test's end. */
function fakeInterval(t: { teardown(handler: () => void): unknown }) {
  const real = globalThis.setInterval;
  const made = { ms: 0, work: (): void => undefined };
  globalThis.setInterval = ((work: () => void, ms: number) => {
    made.ms = ms;
    made.work = work;
    return { unref: () => undefined };
  }) as never;
  t.teardown(() => {
    globalThis.setInterval = real;
  });
  return {
    get ms() {
      return made.ms;
    },
    tick: async () => {
      made.work();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
