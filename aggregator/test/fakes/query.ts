import type { FlowFilter, GetFlowsRequest } from '@snoopy/proto';
import { everything } from '../../src/access/scope.js';
import { type FlowsQuery, readQuery } from '../../src/observe/flows-query.js';

export function makeFilter(fields: Partial<FlowFilter> = {}): FlowFilter {
  return {
    namespaces: [],
    pods: [],
    selector: '',
    cidrs: [],
    ports: [],
    protocols: [],
    outcomes: [],
    dnsNames: [],
    tlsNames: [],
    ...fields,
  };
}

export function makeRequest(fields: Partial<GetFlowsRequest> = {}): GetFlowsRequest {
  return { include: [], exclude: [], last: 0, follow: false, since: null, until: null, ...fields };
}

export function makeQuery(fields: Partial<GetFlowsRequest> = {}): FlowsQuery {
  return readQuery(makeRequest(fields), everything);
}
