import type { ControlResponseMessage, SnoopyError } from '@snoopy/proto';

/** Our side of an agent's Control stream. */
export interface ControlOutlet {
  send(message: ControlResponseMessage): void;
  /** Ends the stream with an error. */
  fail(error: SnoopyError): void;
}

/** Our side of an agent's Flows stream. */
export interface FlowsOutlet {
  /** Every row below `sequence` need not be kept any more. @returns false when the socket is full */
  ack(sequence: number): boolean;
  /** No more batches for now. */
  pause(): void;
  resume(): void;
  fail(error: SnoopyError): void;
}

/** Our side of an agent's Packets stream. */
export interface PacketsOutlet {
  /** So many bytes of records were taken since the start of the stream. */
  ack(bytes: number): void;
  pause(): void;
  resume(): void;
  fail(error: SnoopyError): void;
}
