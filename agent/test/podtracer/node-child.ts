/**
 * Command line that becomes `node FILE …`: it dies with the test, however that ends, and tap, which adds itself to the
 * options of every node that it sees started, stays out of it.
 */
export function nodeChild(file: string, ...args: readonly string[]): [string, string[]] {
  return ['setpriv', ['--pdeathsig', 'KILL', 'env', '-u', 'NODE_OPTIONS', process.execPath, file, ...args]];
}
