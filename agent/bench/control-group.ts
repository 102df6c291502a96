import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

/** What a control group of version 1 or 2 is charged, in MiB, and how to be in it. */
export class ControlGroup {
  readonly #one = '/sys/fs/cgroup/memory';
  readonly #folder = `${existsSync(this.#one) ? this.#one : '/sys/fs/cgroup'}/snoopy-bench-${process.pid}`;

  constructor() {
    mkdirSync(this.#folder);
  }

  /** Also what it starts from now on; what it had before stays charged elsewhere. */
  take(pid: number): void {
    writeFileSync(`${this.#folder}/cgroup.procs`, `${pid}`);
  }

  get mebibytes(): number {
    const file = ['memory.usage_in_bytes', 'memory.current'].find((name) =>
      existsSync(`${this.#folder}/${name}`),
    );
    return Number(readFileSync(`${this.#folder}/${file}`, 'utf8')) / 2 ** 20;
  }

  end(): void {
    rmdirSync(this.#folder);
  }
}
