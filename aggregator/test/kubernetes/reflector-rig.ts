import { systemClock } from '@snoopy/proto';
import type { Test } from 'tap';
import { Reflector, type ReflectorState } from '../../src/kubernetes/reflector.js';
import { FakeKubeApi } from '../fakes/fake-kube-api.js';

/** A reflector of named things before a fake API server, and what it told. */
export function reflectorRig(t: Test, more: { silentMs?: number } = {}) {
  const api = new FakeKubeApi();
  const changes: string[] = [];
  const states: ReflectorState[] = [];
  const reflector = new Reflector<string>({
    api,
    clock: systemClock,
    random: () => 0,
    path: '/things',
    project: ({ metadata }) => metadata?.name,
    onChange: (_, now, before) => changes.push(`${before ?? ''}→${now ?? ''}`),
    onState: (state) => states.push(state),
    ...more,
  });
  t.teardown(() => reflector.stop());
  return { api, changes, states, reflector };
}
