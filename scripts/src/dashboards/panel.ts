import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as LinesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { datasource } from './variables.js';

/** What every panel has. */
interface Common {
  readonly title: string;
  /** What it shows, and what to think of it. */
  readonly description: string;
  /** One of the SDK's `units`. */
  readonly unit: string;
}

export interface Lines extends Common {
  /** PromQL by legend, which may name labels: `{{label}}`. */
  readonly queries: Readonly<Record<string, string>>;
  readonly stacked?: boolean;
  /** Upper end of the axis, such as 1 for shares. */
  readonly most?: number;
  readonly width?: number;
}

/** Below `good` is green, from `bad` on red; the other way round where `good` is above `bad`. */
export interface Limits {
  readonly good: number;
  readonly bad: number;
}

export interface Figure extends Common {
  readonly query: string;
  readonly limits?: Limits;
  /** Instead of nothing, when the query has no result. */
  readonly without?: string;
  readonly width?: number;
}

export interface Table extends Common {
  readonly query: string;
  /** Heads of the columns by label, in order. Labels that are missing here are not shown. */
  readonly columns: Readonly<Record<string, string>>;
  /** Head of the value's column. */
  readonly value: string;
  /** Link of each row; may name fields: `${__data.fields.label}`. */
  readonly link?: { readonly title: string; readonly url: string };
  readonly width?: number;
}

export type PanelSource = Builder<Panel>;

/** Of the grid's 24 columns. */
const HALF = 12;

/** Lines over time. */
export function lines({ queries, stacked, most, width = HALF, ...about }: Lines): PanelSource {
  const panel = new LinesBuilder()
    .title(about.title)
    .description(about.description)
    .unit(about.unit)
    .datasource(datasource)
    .span(width)
    .height(8)
    .min(0)
    .lineWidth(1)
    .fillOpacity(stacked ? 30 : 10)
    .showPoints(common.VisibilityMode.Never)
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    )
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['mean', 'max', 'lastNotNull']),
    );
  if (most !== undefined) panel.max(most);
  if (stacked) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'));
  for (const [i, [legend, expr]] of Object.entries(queries).entries())
    panel.withTarget(query(expr, i).range().legendFormat(legend));
  return panel;
}

/** One number: the latest. */
export function figure({ query: expr, limits, without = '–', width = 4, ...about }: Figure): PanelSource {
  return new StatBuilder()
    .title(about.title)
    .description(about.description)
    .unit(about.unit)
    .datasource(datasource)
    .span(width)
    .height(4)
    .noValue(without)
    .thresholds(thresholds(limits))
    .colorMode(limits ? common.BigValueColorMode.Background : common.BigValueColorMode.None)
    .graphMode(common.BigValueGraphMode.Area)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false).fields(''))
    .withTarget(query(expr, 0).range());
}

/** Labels and the value of now, largest first. */
export function table({ query: expr, columns, value, link, width = HALF, ...about }: Table): PanelSource {
  const shown = { ...columns, Value: value };
  const panel = new TableBuilder()
    .title(about.title)
    .description(about.description)
    .datasource(datasource)
    .span(width)
    .height(8)
    .unit(about.unit)
    .withTarget(query(expr, 0).instant().format(PromQueryFormat.Table))
    .withTransformation({
      id: 'filterFieldsByName',
      options: { include: { names: Object.keys(shown) } },
    })
    .withTransformation({
      id: 'organize',
      options: {
        renameByName: shown,
        indexByName: Object.fromEntries(Object.keys(shown).map((name, i) => [name, i])),
        excludeByName: {},
      },
    })
    .sortBy([new common.TableSortByFieldStateBuilder().displayName(value).desc(true)]);
  if (link) panel.dataLinks([new dashboard.DashboardLinkBuilder(link.title).url(link.url)]);
  return panel;
}

function query(expr: string, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(String.fromCharCode(65 + index))
    .datasource(datasource)
    .expr(expr);
}

function thresholds(limits: Limits | undefined): dashboard.ThresholdsConfigBuilder {
  const steps = new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute);
  if (!limits) return steps.steps([{ value: null, color: 'text' }]);
  const { good, bad } = limits;
  const [low, middle, high] =
    good < bad ? ['green', 'yellow', 'red'] : (['red', 'yellow', 'green'] as [string, string, string]);
  return steps.steps([
    { value: null, color: low! },
    { value: Math.min(good, bad), color: middle! },
    { value: Math.max(good, bad), color: high! },
  ]);
}
