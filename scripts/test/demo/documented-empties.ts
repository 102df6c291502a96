/*
 * What shows no data in the demo, and why. That these queries show something when there is something to show is
 * tested with made-up series: scripts/test/dashboards/what-the-demo-lacks-is-shown-too.test.ts.
 */

/** A pattern matches `dashboard: panel: legend`. */
export const documentedEmpties: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^snoopy-captures: Packets dropped, by node and stage/, 'a capture of 20 packets drops none'],
  [/^snoopy-itself: Lost, by (stage and reason|node)/, 'the demo loses nothing'],
  [/^snoopy-itself: Nodes without their agent$/, 'both agents are there'],
];

/** Metrics in alert expressions without a series in the demo, and why. */
export const documentedAbsences: Readonly<Record<string, string>> = {
  snoopy_lost_total: 'the demo loses nothing, and a stage has a series from its first loss on',
};
