import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Namespace } from '@snoopy/scripts/rig/netns';

/*
 * Python inside a namespace, for what Node cannot do with sockets: SO_LINGER, TCP Fast Open, keep-alive intervals,
 * descriptors passed between processes. A script prints lines, which next() gives one by one, and reads lines that
 * tell() sends; `go()` waits for one, `say(x)` prints one. `dial` is for loops of connections.
 */
const prelude = `
import array, os, select, socket, struct, sys, time
def say(*x): print(*x, flush=True)
def go(): return sys.stdin.readline().strip()
def linger(s): s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
def tcp(host): return socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_STREAM)
def dial(host, port):
    # a fast machine uses all local ports up: then it waits until one is free
    while 1:
        c = tcp(host)
        try: c.connect((host, port)); return c
        except OSError as e:
            c.close()
            if e.errno != 99: raise
            time.sleep(.01)
def serve(host, port, backlog=512):
    s = tcp(host); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind((host, port)); s.listen(backlog)
    return s
def read(c, n):
    got = 0
    while got < n:
        d = c.recv(min(65536, n - got))
        if not d: break
        got += len(d)
    return got
def word(e): return {104: 'ECONNRESET', 110: 'ETIMEDOUT', 111: 'ECONNREFUSED', 113: 'EHOSTUNREACH', 101: 'ENETUNREACH', 32: 'EPIPE'}.get(e.errno, str(e))
`;

export class Python {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(namespace: Namespace, script: string) {
    this.#child = namespace.spawn('python3', ['-c', prelude + script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdin!.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** The next line that it prints. */
  async next(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the script has ended');
    return value;
  }

  tell(line = ''): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
