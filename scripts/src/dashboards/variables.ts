import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';

/** The Prometheus that the user has chosen. */
export const datasource: DataSourceRef = { type: 'prometheus', uid: '$datasource' };

/** Every pod is in a namespace; the world has the namespace "". */
const ANY = '.+';

/** Values that a label has at either end of connections. */
function ends(of: 'namespace' | 'workload', matching: (end: string) => string): string {
  const values = (end: string): string =>
    `label_replace(group by (${end}_${of}) (snoopy_flow_bytes_total${matching(end)}), "${of}", "$1", "${end}_${of}", "(.+)")`;
  return `query_result(count by (${of}) (${values('src')} or ${values('dst')}))`;
}

function choice(name: 'namespace' | 'workload', query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .datasource(datasource)
    .query(query)
    .definition(query)
    .regex(`/${name}="([^"]+)"/`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

/** Which Prometheus. */
export function datasourceVariable(): DatasourceVariableBuilder {
  return new DatasourceVariableBuilder('datasource')
    .label('Data source')
    .description('The Prometheus that scrapes Snoopy.')
    .type('prometheus');
}

/** @param several whether more than one may be chosen, or all */
export function namespaceVariable(several: boolean): QueryVariableBuilder {
  const variable = choice(
    'namespace',
    ends('namespace', () => ''),
  )
    .label('Namespace')
    .description('Namespaces that talk or are talked to.')
    .multi(several)
    .includeAll(several);
  return several ? variable.allValue(ANY).current({ text: ['All'], value: ['$__all'] }) : variable;
}

/** One workload of the chosen namespace. */
export function workloadVariable(): QueryVariableBuilder {
  return choice(
    'workload',
    ends('workload', (end) => `{${end}_namespace=~"$namespace"}`),
  )
    .label('Workload')
    .description('Workloads of the namespace that talk or are talked to.')
    .multi(false)
    .includeAll(false);
}
