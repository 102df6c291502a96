import { type Board, dashboardOf } from './board.js';
import { capturesAndJobs } from './captures-and-jobs.js';
import { clusterOverview } from './cluster-overview.js';
import { namespace } from './namespace.js';
import { snoopyItself } from './snoopy-itself.js';
import { workload } from './workload.js';

const boards: readonly Board[] = [clusterOverview, namespace, workload, capturesAndJobs, snoopyItself];

/** From the repository's root: where the chart finds them. */
export const FOLDER = 'charts/snoopy/dashboards';

/** All dashboards as text, by the name of their file. */
export function rendered(): Map<string, string> {
  return new Map(
    boards.map((board) => [`${board.uid}.json`, `${JSON.stringify(dashboardOf(board), null, 2)}\n`]),
  );
}
