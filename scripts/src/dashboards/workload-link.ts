/**
 * A link from a table's row to the dashboard of a workload in it.
 * @param namespace head of the column with its namespace  @param workload head of the column with its name
 */
export function workloadLink(title: string, namespace: string, workload: string) {
  const field = (head: string): string => `\${__data.fields["${head}"]}`;
  const variables = `var-datasource=$datasource&var-namespace=${field(namespace)}&var-workload=${field(workload)}`;
  return { title, url: `/d/snoopy-workload?${variables}&$__url_time_range` };
}
