/* An aggregator in a namespace: node aggregator-process.js HOST. Prints its port, then, when standard input ends, its rows as JSON. */
import { FakeAggregator } from './aggregator.js';

const aggregator = new FakeAggregator();
await aggregator.start(process.argv[2]!);
process.stdout.write(`${aggregator.address.split(':')[1]}\n`);
process.stdin.resume();
process.stdin.once('end', () => {
  process.stdout.write(JSON.stringify(aggregator.rows));
  aggregator.stop();
});
