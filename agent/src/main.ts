#!/usr/bin/env node
import './small-heap.js';
import { randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import type { AgentConfig } from './config.js';

// Only now, so that loading them happens in the small heap.
const { createLog, helpText, readSettings, SnoopyError, systemClock } = await import('@snoopy/proto');
const { Agent } = await import('./agent.js');
const { agentSchema, contradictions, intro } = await import('./config.js');

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Longest shutdown, milliseconds. */
const stopMs = 12_000;

async function run(config: AgentConfig): Promise<void> {
  const log = createLog('snoopy-agent', config['log-level']);
  const agent = new Agent({ config, version, clock: systemClock, log, seed: randomInt(2 ** 32) });
  const stop = (): void => {
    setTimeout(() => process.exit(1), stopMs).unref();
    agent.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  await agent.start();
  log.info({ node: config['node-name'], version }, 'started');
}

const schema = agentSchema(hostname());
const parsed = readSettings(schema, process.argv.slice(2), process.env);
const problems = parsed.settings ? contradictions(parsed.settings) : parsed.problems;
if (parsed.help) {
  process.stdout.write(helpText(intro, schema));
} else if (parsed.version) {
  process.stdout.write(`${version}\n`);
} else if (!parsed.settings || problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 2;
} else {
  run(parsed.settings).catch((error: unknown) => {
    const text = error instanceof SnoopyError ? error.message : String((error as Error).message);
    process.stderr.write(`${text}\n`);
    process.exit(1);
  });
}
