import t from 'tap';
import { rendered } from '../../src/dashboards/rendered.js';
import { chartFiles } from './chart-boards.js';

t.test('the chart has what scripts/src/dashboards says: `npm run gen` after a change', async (t) => {
  const source = rendered();
  const chart = chartFiles();
  t.same([...chart.keys()].sort(), [...source.keys()].sort());
  for (const [name, text] of source) t.ok(chart.get(name) === text, name);
});
