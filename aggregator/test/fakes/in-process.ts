import {
  type FlowFilterMessage,
  type GetFlowsRequestMessage,
  type GetFlowsResponse,
  type GetFlowsResponseMessage,
  type GetStatusResponse,
  type GetStatusResponseMessage,
  ObserverClient,
} from '@snoopy/proto';
import { CommanderError } from 'commander';
import { PipeFile } from '../../src/cli/pipe-file.js';
import { snoopyProgram } from '../../src/cli/program.js';
import { runCommand } from '../../src/cli/run-command.js';
import type { Server } from '../../src/cli/server.js';
import { type Stream, Terminal } from '../../src/cli/terminal.js';

/** What the aggregator answers. */
export interface Answers {
  readonly flows?: readonly GetFlowsResponseMessage[];
  readonly status?: GetStatusResponseMessage;
  /** The stream of flows stays open afterwards. */
  readonly stays?: boolean;
}

export interface InProcessResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly requests: readonly GetFlowsRequestMessage[];
  readonly statusRequests: readonly FlowFilterMessage[][];
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
  const statusRequests: FlowFilterMessage[][] = [];
  const { signal } = new AbortController();
  let code = 0;
  const connect = async () => fakeServer(answers, requests, statusRequests);
  const program = snoopyProgram({
    version: '0.0.0',
    place: { server: 'test:1', tlsDir: '', tlsCa: '', tlsServerName: '', token: '', tokenFile: '' },
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
  return { code, stdout: out.text, stderr: err.text, requests, statusRequests };
}

function fakeServer(
  answers: Answers,
  requests: GetFlowsRequestMessage[],
  statusRequests: FlowFilterMessage[][],
): Server {
  return {
    address: 'test:1',
    run: () => {
      throw new Error('not here');
    },
    jobs: async () => [],
    async *readFile() {},
    status: async (include) => {
      statusRequests.push(include);
      return statusOverTheWire(answers.status ?? {});
    },
    async *flows(request, signal) {
      requests.push(request);
      for (const response of answers.flows ?? []) yield flowsOverTheWire(response);
      if (answers.stays && !signal.aborted) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }
    },
    capture: () => {
      throw new Error('not in this test');
    },
    close: () => {},
  };
}

/** As the decoder gives it: every field is there. */
function flowsOverTheWire(response: GetFlowsResponseMessage): GetFlowsResponse {
  const { responseSerialize, responseDeserialize } = ObserverClient.service.GetFlows;
  return responseDeserialize(responseSerialize(response as GetFlowsResponse));
}

function statusOverTheWire(response: GetStatusResponseMessage): GetStatusResponse {
  const { responseSerialize, responseDeserialize } = ObserverClient.service.GetStatus;
  return responseDeserialize(responseSerialize(response as GetStatusResponse));
}
