import type { Access } from './access.js';
import { everything } from './scope.js';

const nothing = (): void => undefined;

/** Nobody is asked: `--trust none`. */
export const openAccess: Access = {
  client: async () => ({ user: '', scope: everything, keep: nothing, end: nothing }),
  agent: async () => ({ node: undefined, renew: async () => undefined, keep: nothing, end: nothing }),
};
