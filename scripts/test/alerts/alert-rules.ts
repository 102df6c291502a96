import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ROOT } from '../dashboards/chart-boards.js';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The rules as they are: for promtool, for Prometheus, and for the chart's PrometheusRule. */
export const RULES = `${ROOT}charts/snoopy/alerts/snoopy.yaml`;

/** Rules that alerts stand on: their results, kept. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

function rules(): (AlertRule | RecordingRule)[] {
  const file = parse(readFileSync(RULES, 'utf8')) as { groups: { rules: (AlertRule | RecordingRule)[] }[] };
  return file.groups.flatMap(({ rules }) => rules);
}

export function alertRules(): AlertRule[] {
  return rules().filter((rule) => 'alert' in rule);
}

export function recordingRules(): RecordingRule[] {
  return rules().filter((rule) => 'record' in rule);
}
