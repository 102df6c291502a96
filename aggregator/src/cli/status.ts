import { parse } from '@snoopy/proto';
import type { Command } from 'commander';
import type { Cli } from './cli.js';
import { answerJson } from './flow-json.js';
import { checked } from './option-values.js';
import { statusText } from './status-text.js';

const help = `
Examples:
  snoopy status                which agents are connected, what they watch, what was lost
  snoopy status --pods         every pod with its state
  snoopy status -o json | jq '.agents[].name'

Pods that are not watched are listed with the reason. LOST counts flow records that an agent had to drop; the list
of losses below covers every stage. CLOCK is the node's clock minus the aggregator's, and how sure that is.
`;

export function statusCommand(command: Command, cli: Cli): Command {
  return command
    .description('show agents, pods, rates and losses, and why a view may be empty')
    .option('--pods', 'list the pods that are watched too')
    .option('-o, --output <format>', 'table or json', checked(parse.oneOf('table', 'json')), 'table')
    .addHelpText('after', help)
    .action((options: { pods?: boolean; output: string }) => cli.run(() => status(options, cli)));
}

async function status(options: { pods?: boolean; output: string }, cli: Cli): Promise<number> {
  const server = await cli.connect();
  try {
    const answer = await server.status([]);
    const text =
      options.output === 'json'
        ? answerJson(answer)
        : statusText(answer, server.address, cli.nowMs(), options.pods === true, cli.terminal.paint);
    await cli.terminal.write(`${text}\n`);
  } finally {
    server.close();
  }
  return 0;
}
