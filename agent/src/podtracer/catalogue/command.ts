import { printable, SnoopyError } from '@snoopy/proto';

/** The few capabilities that a tool may hold; every other one is dropped for good. */
export type Capability = 'net_raw' | 'net_admin';

/** A tool ready to be started: composed by the catalogue, never by a caller. */
export interface Command {
  readonly tool: string;
  /** What the tool is given, its own name not included. */
  readonly args: readonly string[];
  readonly capabilities: readonly Capability[];
  /** Debian package that has it. */
  readonly package: string;
  /**
   * Its file may carry capabilities of its own. Executing such a file clears the parent-death signal, so it is started
   * through its program loader, which makes the kernel look at the loader's file instead.
   */
  readonly fileCapabilities?: boolean;
  /** Bytes that it collects before it writes them, instead of the C library's 4,096; where stdbuf is there. */
  readonly outputBuffer?: number;
}

/** A tool that may run inside a pod's network. */
export interface Tool {
  readonly name: string;
  readonly package: string;
  readonly capabilities: readonly Capability[];
  readonly fileCapabilities?: boolean;
  /** What it shows and which arguments are taken: one or two sentences for people. */
  readonly help: string;
  /** Checks free arguments and returns those to start it with. Throws SnoopyError(BAD_INPUT). */
  compose(args: readonly string[]): readonly string[];
}

/** An argument that will not do, with a sentence. */
export function refuse(tool: string, argument: string, why: string): SnoopyError {
  return new SnoopyError(
    'BAD_INPUT',
    `${tool}: ${printable(JSON.stringify(argument), 100)} is refused: ${why}`,
  );
}
