import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { PanelSource } from './panel.js';
import { datasourceVariable } from './variables.js';

/** A dashboard before it is one: rows of panels, from top to bottom. */
export interface Board {
  /** Its identity, which links name, and the name of its file. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Besides the data source. */
  readonly variables: readonly Builder<VariableModel>[];
  readonly rows: Readonly<Record<string, readonly PanelSource[]>>;
}

/** All of Snoopy's dashboards link to each other by it. */
const TAG = 'snoopy';

export function dashboardOf({ uid, title, description, variables, rows }: Board): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([datasourceVariable(), ...variables])
    .link(
      new DashboardLinkBuilder('Snoopy')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    );
  for (const [row, panels] of Object.entries(rows)) {
    builder.withRow(new RowBuilder(row));
    for (const panel of panels) builder.withPanel(panel);
  }
  const dashboard = builder.build();
  for (const [i, panel] of dashboard.panels!.entries()) panel.id = i + 1;
  return dashboard;
}
