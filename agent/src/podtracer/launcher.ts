import type { Command } from './catalogue/command.js';
import type { ToolHandlers, ToolProcess } from './podtracer.js';

/** Port: starts composed commands. */
export interface Launcher {
  /**
   * Starts a command as nobody with the capabilities it names and no other.
   * @param namespace an open network namespace; none: this process's own
   * Throws SnoopyError(UNSUPPORTED) when the tool is not installed.
   */
  launch(command: Command, handlers: ToolHandlers, namespace?: number): ToolProcess;
}
