import { type FlowFilterMessage, printable, SnoopyError } from '@snoopy/proto';
import type { Server } from './server.js';

/** Why a view may be empty, as lines for standard error. Never fails: a hint is a courtesy. */
export async function hintsFor(server: Server, include: FlowFilterMessage[]): Promise<string[]> {
  try {
    const { hints } = await server.status(include);
    const lines = hints.map((hint) => `snoopy: ${printable(hint, 500)}`);
    return ['snoopy: nothing matches so far.', ...lines];
  } catch (error) {
    if (error instanceof SnoopyError) return [];
    throw error;
  }
}
