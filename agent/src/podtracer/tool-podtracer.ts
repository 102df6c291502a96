import { SnoopyError } from '@snoopy/proto';
import type { PodInfo } from '../pods/pod-source.js';
import { compose } from './catalogue/catalogue.js';
import type { Command } from './catalogue/command.js';
import { composeCompile } from './catalogue/tcpdump.js';
import { type InterfaceInfo, parseInterfaces } from './interface-info.js';
import type { Launcher } from './launcher.js';
import type { Podtracer, ResolveOptions, ToolEnd, ToolHandlers, ToolProcess } from './podtracer.js';
import type { Resolver } from './resolver.js';
import type { Target } from './target.js';
import type { ToolRequest } from './tool-request.js';

/** Milliseconds that listing interfaces or compiling a filter may take. */
const patienceMs = 5_000;
/** Of output that is collected whole. */
const mostBytes = 4 << 20;

/** The way into a pod: the resolver finds the namespace, the catalogue composes the command, the launcher starts it. */
export class ToolPodtracer implements Podtracer {
  constructor(
    readonly resolver: Resolver,
    readonly launcher: Launcher,
  ) {}

  resolve(pod: PodInfo, options?: ResolveOptions): Promise<Target> {
    return this.resolver.resolve(pod, options);
  }

  verify(target: Target): Promise<void> {
    return this.resolver.verify(target);
  }

  spawn(target: Target, request: ToolRequest, handlers: ToolHandlers): ToolProcess {
    return this.launcher.launch(compose(request), handlers, target.fd);
  }

  async interfaces(target: Target): Promise<readonly InterfaceInfo[]> {
    const command = compose({ kind: 'run', tool: 'ip', args: ['-j', 'addr'] });
    const { end, text } = await this.#collect(command, target.fd);
    if (end.code !== 0) throw failed('its interfaces cannot be listed', end);
    return parseInterfaces(text);
  }

  async compileFilter(filter: string): Promise<void> {
    const { end } = await this.#collect(composeCompile(filter));
    if (end.code === 0) return;
    if (end.cancelled)
      throw new SnoopyError('BAD_INPUT', 'the capture filter is refused: compiling it takes too long');
    const said = end.lastLines.at(-1)?.replace(/^tcpdump: /, '') ?? 'tcpdump does not take it';
    throw new SnoopyError('BAD_INPUT', `the capture filter is refused: ${said}; see pcap-filter(7)`);
  }

  /** Runs a command to its end and keeps what it prints, within bounds of time and size. */
  async #collect(command: Command, namespace?: number): Promise<{ end: ToolEnd; text: string }> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Uint8Array): void => {
      bytes += chunk.byteLength;
      if (bytes <= mostBytes) chunks.push(Buffer.from(chunk));
      else tool.kill();
    };
    const tool = this.launcher.launch(command, { onData }, namespace);
    const timer = setTimeout(() => tool.kill(), patienceMs);
    const end = await tool.ended;
    clearTimeout(timer);
    return { end, text: Buffer.concat(chunks).toString() };
  }
}

function failed(what: string, end: ToolEnd): SnoopyError {
  const why =
    end.lastLines.at(-1) ?? (end.cancelled ? 'it took too long' : `exit code ${end.code ?? end.signal}`);
  return new SnoopyError('TOOL_FAILED', `${what}: ${why}`);
}
