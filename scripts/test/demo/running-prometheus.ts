import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../src/demo/free-ports.js';

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

export interface LoadedRule {
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: unknown;
}

interface Test {
  testdir(): string;
  teardown(end: () => void): void;
}

/** Debian's Prometheus, scraping once a second. */
export class RunningPrometheus {
  readonly #url: string;

  private constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}/api/v1`;
  }

  /** @param targets HOST:PORT  @param rules files */
  static async start(
    t: Test,
    targets: readonly string[],
    rules: readonly string[] = [],
  ): Promise<RunningPrometheus> {
    const directory = t.testdir();
    const [port] = await freePorts([0]);
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: rules,
      scrape_configs: [{ job_name: 'snoopy', static_configs: [{ targets }] }],
    };
    writeFileSync(`${directory}/prometheus.yml`, JSON.stringify(config)); // JSON is YAML
    const args = [
      `--config.file=${directory}/prometheus.yml`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const prometheus = spawn('prometheus', args, { stdio: 'ignore' });
    t.teardown(() => void prometheus.kill('SIGKILL'));
    return new RunningPrometheus(port!);
  }

  /** The result of an instant query; empty while Prometheus starts. @throws Error when it refuses the expression */
  async ask(query: string): Promise<readonly Sample[]> {
    const { result = [] } = ((await this.#get(`query?query=${encodeURIComponent(query)}`)) ?? {}) as {
      result?: readonly Sample[];
    };
    return result;
  }

  /** Asks until there are so many results, for 30 s at most. */
  async until(query: string, enough: number): Promise<readonly Sample[]> {
    for (let i = 0; i < 60; i++) {
      const result = await this.ask(query);
      if (result.length >= enough) return result;
      await sleep(500);
    }
    return this.ask(query);
  }

  async rules(): Promise<readonly LoadedRule[]> {
    const { groups = [] } = ((await this.#get('rules')) ?? {}) as { groups?: { rules: LoadedRule[] }[] };
    return groups.flatMap(({ rules }) => rules);
  }

  async #get(path: string): Promise<unknown> {
    const answer = await fetch(`${this.#url}/${path}`).then(
      (response) => (response.status === 503 ? undefined : (response.json() as Promise<Answer>)),
      () => undefined,
    );
    if (answer?.status === 'error') throw new Error(`${path}: ${answer.error}`);
    return answer?.data;
  }
}
