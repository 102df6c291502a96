import { AddressDictionary } from './address-dictionary.js';
import { DnsPool } from './dns-pool.js';
import { FlowLife } from './flow-life.js';
import { FlowStore } from './flow-store.js';
import { FragmentCache } from './fragment-cache.js';
import { FLOW_BYTES } from './layout.js';
import { NameDictionary } from './name-dictionary.js';

/** The least that a table is made of. */
export const MIN_TABLE_BYTES = 2 << 20;

const FIXED_BYTES = AddressDictionary.bytes + NameDictionary.bytes + FragmentCache.bytes;
/** Share of the memory for DNS transactions, and their limits. */
const DNS_SHARE = 1 / 32;
const LEAST_DNS = 256;
const MOST_DNS = 16_384;

/**
 * How many flows and DNS transactions fit into the memory. The flows' index has a power of two of places, so the
 * number of flows is found by halving the range.
 */
export function tableSizes(memoryBytes: number): { flows: number; dnsEntries: number } {
  if (!(memoryBytes >= MIN_TABLE_BYTES))
    throw new RangeError(`a flow table needs ${MIN_TABLE_BYTES} bytes or more, not ${memoryBytes}`);
  const dnsEntries = Math.min(
    MOST_DNS,
    Math.max(LEAST_DNS, Math.floor((memoryBytes * DNS_SHARE) / DnsPool.bytes(1))),
  );
  const rest = memoryBytes - FIXED_BYTES - DnsPool.bytes(dnsEntries);
  let fits = 1;
  let tooMany = Math.ceil(rest / FLOW_BYTES);
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >>> 1;
    if (FlowStore.bytes(middle) + FlowLife.bytes(middle) <= rest) fits = middle;
    else tooMany = middle;
  }
  return { flows: fits, dnsEntries };
}
