import t, { type Test } from 'tap';
import { type ChartBoard, type ChartPanel, chartBoards, type GridPos, shownPanels } from './chart-boards.js';

// What Grafana's dashboard model (schemaVersion 42) needs; the types of its SDK check the rest when it is built.

const COLUMNS = 24;
const prometheus = { type: 'prometheus', uid: '$datasource' };

function overlap(a: GridPos, b: GridPos): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function overlaps(panels: readonly ChartPanel[]): string[] {
  return panels.flatMap((one, i) =>
    panels
      .slice(i + 1)
      .filter((other) => overlap(one.gridPos, other.gridPos))
      .map((other) => `${one.title} / ${other.title}`),
  );
}

function isUnique(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}

/** Names of variables in a text, Grafana's own (`$__…`) left out. */
function variablesIn(text: string): string[] {
  return [...text.matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name!);
}

const boards = chartBoards();

t.test('five dashboards, each with an identity of its own', async (t) => {
  t.equal(boards.length, 5);
  t.ok(isUnique(boards.map(({ uid }) => uid)));
  t.ok(isUnique(boards.map(({ title }) => title)));
});

for (const board of boards) {
  t.test(board.title, async (t) => {
    t.match(board, { uid: /^[a-z-]{1,40}$/, title: /^Snoopy \/ /, schemaVersion: 42, tags: ['snoopy'] });
    t.notOk('id' in board, 'Grafana gives the number');
    t.ok(
      isUnique(board.panels.map(({ id }) => id)) && board.panels.every(({ id }) => id > 0),
      'numbers of panels',
    );
    t.same(overlaps(board.panels), [], 'panels do not lie on each other');
    for (const { title, gridPos } of board.panels)
      t.ok(gridPos.w > 0 && gridPos.h > 0 && gridPos.x >= 0 && gridPos.x + gridPos.w <= COLUMNS, title);
    for (const panel of shownPanels(board)) checkPanel(t, panel);
    checkVariables(t, board);
  });
}

function checkPanel(t: Test, panel: ChartPanel): void {
  const { title, description, fieldConfig, targets, type } = panel;
  t.ok(['stat', 'table', 'timeseries'].includes(type), `${title}: ${type}`);
  t.ok(title.length > 0 && title.length < 60, `${title}: length`);
  t.ok((description ?? '').length > 15, `${title}: description`);
  t.ok((fieldConfig?.defaults.unit ?? '') !== '', `${title}: unit`);
  t.same(panel.datasource, prometheus, `${title}: data source`);
  t.ok(targets !== undefined && targets.length > 0, `${title}: queries`);
  t.ok(isUnique(targets!.map(({ refId }) => refId)), `${title}: queries have letters of their own`);
  for (const target of targets!) {
    t.same(target.datasource, prometheus, `${title}: data source of ${target.expr}`);
    t.ok(target.expr.length > 0);
  }
}

function checkVariables(t: Test, board: ChartBoard): void {
  const { list } = board.templating;
  const names = list.map(({ name }) => name);
  t.equal(names[0], 'datasource');
  t.match(list[0], { type: 'datasource', query: 'prometheus' });
  for (const { name, label, type, query } of list) {
    t.ok(label, `${name}: label`);
    t.ok(type !== 'query' || /^query_result\(.*\)$/.test(query), `${name}: query`);
  }
  const used = new Set(
    [
      ...shownPanels(board).flatMap(({ targets }) => targets!.map(({ expr }) => expr)),
      ...list.map(({ query }) => query),
    ].flatMap(variablesIn),
  );
  for (const name of used) t.ok(names.includes(name), `$${name} is defined`);
  for (const name of names.slice(1)) t.ok(used.has(name), `$${name} is used`);
}
