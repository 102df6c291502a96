import type { GetFlowsRequestMessage, GetFlowsResponse, GetStatusResponse } from '@snoopy/proto';
import { CommanderError } from 'commander';
import { PipeFile } from '../../src/cli/pipe-file.js';
import { snoopyProgram } from '../../src/cli/program.js';
import { runCommand } from '../../src/cli/run-command.js';
import type { Server } from '../../src/cli/server.js';
import { type Stream, Terminal } from '../../src/cli/terminal.js';

/** What the aggregator answers, as the wire would give it. */
export interface Answers {
  readonly flows?: readonly GetFlowsResponse[];
  readonly status?: Partial<GetStatusResponse>;
}

export interface InProcessResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly requests: readonly GetFlowsRequestMessage[];
}

class TextStream implements Stream {
  text = '';

  write(text: string | Uint8Array): boolean {
    this.text += Buffer.from(text).toString();
    return true;
  }

  once(): this {
    return this;
  }

  off(): this {
    return this;
  }

  on(): this {
    return this;
  }
}

/** Runs a command without a process: for what does not depend on one. */
export async function snoopyInProcess(
  args: readonly string[],
  answers: Answers = {},
): Promise<InProcessResult> {
  const [out, err] = [new TextStream(), new TextStream()];
  const terminal = new Terminal(out, err, true);
  const requests: GetFlowsRequestMessage[] = [];
  const { signal } = new AbortController();
  let code = 0;
  const connect = async () => fakeServer(answers, requests);
  const program = snoopyProgram({
    version: '0.0.0',
    server: 'test:1',
    makeCli: () => ({
      terminal,
      signal,
      nowMs: () => Date.now(),
      connect,
      connectTo: connect,
      run: async (command) => {
        code = await runCommand(command, terminal, signal);
      },
    }),
    openPacketFile: async () => new PipeFile(terminal),
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride();
    command.configureOutput({ writeOut: (text) => out.write(text), writeErr: (text) => err.write(text) });
  }
  try {
    await program.parseAsync(['node', 'snoopy', ...args]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = error.exitCode;
  }
  return { code, stdout: out.text, stderr: err.text, requests };
}

function fakeServer(answers: Answers, requests: GetFlowsRequestMessage[]): Server {
  return {
    address: 'test:1',
    status: async () =>
      ({ hints: [], agents: [], lost: [], ...answers.status }) as unknown as GetStatusResponse,
    async *flows(request) {
      requests.push(request);
      yield* answers.flows ?? [];
    },
    capture: () => {
      throw new Error('not in this test');
    },
    close: () => {},
  };
}
