import type { Selector, WatchStateName } from '@snoopy/proto';
import type { PodInfo } from '../pods/pod-source.js';

/** Who is to be watched. */
export interface Selection {
  readonly selector: Selector;
  /** Kubernetes namespaces; none: all. */
  readonly namespaces: readonly string[];
  readonly hostNetwork: boolean;
  /** What the aggregator says by the labels that pods have now: uid → selected. Of others the labels here decide. */
  readonly told?: ReadonlyMap<string, boolean>;
  /** Flows are wanted at all. */
  readonly flows: boolean;
}

/** A pod as the planner sees it. */
export interface PlannedPod {
  readonly info: PodInfo;
  /** Interfaces that can be watched; undefined until the pod was entered. */
  readonly interfaces?: readonly string[] | undefined;
  /** Another watched pod has the same network. */
  readonly sharedWith?: string | undefined;
  /** Interfaces that are being watched now. */
  readonly running: readonly string[];
}

export interface Decision {
  readonly uid: string;
  readonly selected: boolean;
  /** `WATCHED`: it should be; whether it can be shows when it is entered. */
  readonly state: WatchStateName;
  /** A word, then a sentence; empty for WATCHED. */
  readonly reason: string;
  /** It is to be entered to see which interfaces it has. */
  readonly enter: boolean;
  /** Interfaces that should be watched. */
  readonly interfaces: readonly string[];
}

/**
 * What should run: a pure function of the whole state (DESIGN, law 8). When there are more interfaces than rings, those
 * that are watched already keep theirs, then pods come by namespace and name.
 *
 * @param rings how many interfaces can be watched at once
 * @param leftOut why others are not: a word and a sentence
 */
export function plan(
  pods: readonly PlannedPod[],
  selection: Selection,
  rings: number,
  leftOut = `packet-memory: all ${rings} packet rings are taken; raise --packet-memory or select fewer pods`,
): Decision[] {
  const refusals = new Map(pods.map((pod) => [pod, refuse(pod, selection)]));
  const kept = pods.filter((pod) => !refusals.get(pod)).reduce((sum, pod) => sum + keeps(pod).length, 0);
  let free = Math.max(0, rings - kept);
  return [...pods].sort(byRunningThenName).map((pod) => {
    const refusal = refusals.get(pod);
    if (refusal) return refusal;
    const decision = allot(pod, free, leftOut);
    free -= Math.max(0, decision.interfaces.length - keeps(pod).length);
    return decision;
  });
}

/** Interfaces that are watched and still there. */
function keeps({ interfaces, running }: PlannedPod): readonly string[] {
  return interfaces === undefined ? running : running.filter((name) => interfaces.includes(name));
}

function byRunningThenName(a: PlannedPod, b: PlannedPod): number {
  const running = Number(b.running.length > 0) - Number(a.running.length > 0);
  return running || compare(a.info.namespace, b.info.namespace) || compare(a.info.name, b.info.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Why a pod is not to be watched at all; undefined when it is. */
function refuse({ info, sharedWith }: PlannedPod, selection: Selection): Decision | undefined {
  const not = (state: WatchStateName, reason: string, selected = true): Decision => ({
    uid: info.uid,
    selected,
    state,
    reason,
    enter: false,
    interfaces: [],
  });
  const named = selection.namespaces.length === 0 || selection.namespaces.includes(info.namespace);
  const told = selection.told?.get(info.uid);
  if (told === false) {
    const reason = 'not-selected: --select or --namespaces does not match it and the labels it has now';
    return not('WATCH_STATE_NOT_SELECTED', reason, false);
  }
  if (told === undefined && (!named || !selection.selector.matches(info.labels))) {
    const by = named ? '--select' : '--namespaces';
    return not('WATCH_STATE_NOT_SELECTED', `not-selected: ${by} does not match it`, false);
  }
  if (!selection.flows) return not('WATCH_STATE_SKIPPED', 'flows-off: the agent runs with --flows off');
  if (info.hostNetwork && !selection.hostNetwork) {
    return not(
      'WATCH_STATE_SKIPPED',
      'host-network: it shares the node’s network; --host-network watches it too',
    );
  }
  if (!info.ready) {
    return not('WATCH_STATE_FAILED', `not-ready: ${info.problem ?? 'its sandbox does not run'}`);
  }
  if (sharedWith !== undefined) {
    return not(
      'WATCH_STATE_SKIPPED',
      `shared-network: it has the network of ${sharedWith}, which is watched`,
    );
  }
  return undefined;
}

/** @param free rings besides those that are kept */
function allot(pod: PlannedPod, free: number, leftOut: string): Decision {
  const { info, interfaces, running } = pod;
  const base = { uid: info.uid, selected: true };
  if (interfaces === undefined) {
    if (free > 0) return { ...base, state: 'WATCH_STATE_WATCHED', reason: '', enter: true, interfaces: [] };
    return { ...base, state: 'WATCH_STATE_LEFT_OUT', reason: leftOut, enter: false, interfaces: [] };
  }
  if (interfaces.length === 0) {
    const reason = 'no-interface: it has no interface to watch besides loopback';
    return { ...base, state: 'WATCH_STATE_SKIPPED', reason, enter: true, interfaces: [] };
  }
  const wanted = [...interfaces].sort(
    (a, b) => Number(running.includes(b)) - Number(running.includes(a)) || compare(a, b),
  );
  const given = wanted.slice(0, keeps(pod).length + free);
  if (given.length === wanted.length) {
    return { ...base, state: 'WATCH_STATE_WATCHED', reason: '', enter: true, interfaces: given };
  }
  return {
    ...base,
    state: 'WATCH_STATE_LEFT_OUT',
    reason: leftOut,
    enter: given.length > 0,
    interfaces: given,
  };
}
