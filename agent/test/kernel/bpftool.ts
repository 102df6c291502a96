import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What a process has in the kernel by its descriptors (proc_pid_fdinfo(5)): `link 12`, `prog 34`, `map 56`. */
export function heldBy(pid: number): string[] {
  const folder = `/proc/${pid}/fdinfo`;
  const held = readdirSync(folder).flatMap((fd) => {
    const text = readIfThere(`${folder}/${fd}`);
    // a link names its program too
    const found = /^(link)_id:\s*(\d+)$/m.exec(text) ?? /^(prog|map)_id:\s*(\d+)$/m.exec(text);
    return found ? [`${found[1]} ${found[2]}`] : [];
  });
  return [...new Set(held)];
}

/** Those that bpftool still lists. */
export function stillThere(held: readonly string[]): string[] {
  const all = new Set(['link', 'prog', 'map'].flatMap((kind) => idsOf(kind).map((id) => `${kind} ${id}`)));
  return held.filter((one) => all.has(one));
}

function idsOf(kind: string): number[] {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const text = execFileSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8', env, maxBuffer: 64 << 20 });
  return (JSON.parse(text) as { readonly id: number }[]).map(({ id }) => id);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
