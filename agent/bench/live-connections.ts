import type { Namespace } from '@snoopy/scripts/rig/netns';

/** Of one process; the limit of descriptors cannot be raised everywhere. */
const MOST_SOCKETS = 2_500;

const raise = `import resource,socket,sys
h=resource.getrlimit(resource.RLIMIT_NOFILE)[1];resource.setrlimit(resource.RLIMIT_NOFILE,(h,h))
`;

const serving = (host: string, port: number, connections: number): string => `${raise}
ls=[]
for p in range(${port},${port + 4}):
 l=socket.socket();l.setsockopt(1,2,1);l.bind(('${host}',p));l.listen(4096);ls.append(l)
print('up',flush=True)
cs=[ls[i%4].accept()[0] for i in range(${connections})]
print('held',flush=True)
for line in sys.stdin:
 for c in cs:c.recv(100)
 print('read',flush=True)`;

const asking = (host: string, port: number, connections: number): string => `${raise}
cs=[]
for i in range(${connections}):
 c=socket.socket();c.connect(('${host}',${port}+i%4));cs.append(c)
print('held',flush=True)
for line in sys.stdin:
 for c in cs:c.send(b'x')
 print('sent',flush=True)`;

/** A program that prints lines and reads them. */
class Talker {
  readonly #child;

  constructor(namespace: Namespace, script: string) {
    this.#child = namespace.spawn('python3', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin!.on('error', () => {}); // it ends with its namespace
  }

  next(): Promise<void> {
    return new Promise((resolve) => this.#child.stdout!.once('data', () => resolve()));
  }

  tell(): void {
    this.#child.stdin!.write('\n');
  }
}

/** Connections between two namespaces that stay open; each has two ends, so `ends` is twice their number. */
export class LiveConnections {
  readonly #talkers: Talker[] = [];

  /** Opens them. @param host the server's address */
  async open(server: Namespace, client: Namespace, host: string, ends: number): Promise<void> {
    client.sysctl('net.ipv4.ip_local_port_range', '1024 65000');
    const groups = Math.ceil(ends / 2 / MOST_SOCKETS);
    for (let i = 0; i < groups; i++) {
      const of = [host, 1_000 + 10 * i, Math.floor(ends / 2 / groups)] as const;
      const s = new Talker(server, serving(...of));
      await s.next();
      const c = new Talker(client, asking(...of));
      await Promise.all([s.next(), c.next()]);
      this.#talkers.push(c, s);
    }
  }

  /** A byte goes over each of them. */
  async move(): Promise<void> {
    for (const one of this.#talkers) one.tell();
    await Promise.all(this.#talkers.map((one) => one.next()));
  }
}
