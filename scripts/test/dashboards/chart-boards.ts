import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FOLDER } from '../../src/dashboards/rendered.js';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

export interface Target {
  readonly refId?: unknown;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
  readonly datasource?: unknown;
}

export interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

interface Transformation {
  readonly id: string;
  readonly options: { readonly include?: { readonly names: readonly string[] } };
}

export interface ChartPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: unknown;
  readonly gridPos: GridPos;
  readonly targets?: readonly Target[];
  readonly transformations?: readonly Transformation[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly panels?: readonly unknown[];
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly label?: string;
  readonly query: string;
  readonly regex?: string;
}

export interface ChartBoard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly tags: readonly string[];
  readonly panels: readonly ChartPanel[];
  readonly templating: { readonly list: readonly Variable[] };
}

/** The files as the chart has them, by name. */
export function chartFiles(): Map<string, string> {
  const names = readdirSync(`${ROOT}${FOLDER}`);
  return new Map(names.map((name) => [name, readFileSync(`${ROOT}${FOLDER}/${name}`, 'utf8')]));
}

export function chartBoards(): ChartBoard[] {
  return [...chartFiles().values()].map((text) => JSON.parse(text) as ChartBoard);
}

/** Those that show something: rows are panels too in Grafana's model. */
export function shownPanels(board: ChartBoard): ChartPanel[] {
  return board.panels.filter(({ type }) => type !== 'row');
}

/** One expression of a dashboard, before Grafana fills in its variables. */
export interface BoardQuery {
  /** Where it stands: `dashboard: panel: legend`. */
  readonly where: string;
  readonly expression: string;
  /** Labels that its legend or its table's columns name. */
  readonly labels: readonly string[];
}

export function boardQueries(): BoardQuery[] {
  return chartBoards().flatMap((board) => [
    ...shownPanels(board).flatMap((panel) =>
      panel.targets!.map(({ expr, legendFormat }) => ({
        where: [board.uid, panel.title, legendFormat].filter(Boolean).join(': '),
        expression: expr,
        labels: [...labelsIn(legendFormat ?? ''), ...columnsOf(panel)],
      })),
    ),
    ...board.templating.list
      .filter(({ type }) => type === 'query')
      .map(({ name, query }) => ({
        where: `${board.uid}: $${name}`,
        expression: /^query_result\((.*)\)$/.exec(query)![1]!,
        labels: [name],
      })),
  ]);
}

function labelsIn(legend: string): string[] {
  return [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
}

function columnsOf({ transformations = [] }: ChartPanel): string[] {
  const names = transformations.flatMap(({ id, options }) =>
    id === 'filterFieldsByName' ? (options.include?.names ?? []) : [],
  );
  return names.filter((name) => name !== 'Value');
}

/** What Grafana puts in for variables. */
export interface Chosen {
  readonly namespace: string;
  readonly workload: string;
  readonly interval: string;
}

export function filledIn(expression: string, { namespace, workload, interval }: Chosen): string {
  return expression
    .replaceAll('$__rate_interval', interval)
    .replaceAll('$namespace', namespace)
    .replaceAll('$workload', workload);
}
