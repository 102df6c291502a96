import type { FlowFilter, GetFlowsRequest } from '@snoopy/proto';
import type { Ask, Permission } from '../access/access.js';

const list: Permission = { verb: 'list', resource: 'flows' };
const watch: Permission = { verb: 'watch', resource: 'flows' };

/** What a caller must be allowed to see flows, or the state of things. */
export function flowsAsk(call: string, request: Pick<GetFlowsRequest, 'include' | 'follow'>): Ask {
  return {
    call,
    permissions: request.follow ? [list, watch] : [list],
    namespaces: namespacesOf(request.include),
  };
}

/** The namespaces that filters keep to; none when one of them does not name any. */
function namespacesOf(include: readonly FlowFilter[]): string[] {
  if (include.some(({ namespaces }) => namespaces.length === 0)) return [];
  return [...new Set(include.flatMap(({ namespaces }) => namespaces))];
}
