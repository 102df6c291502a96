import type {
  CaptureResponse,
  CaptureStartMessage,
  FlowFilterMessage,
  GetFlowsRequestMessage,
  GetFlowsResponse,
  GetStatusResponse,
} from '@snoopy/proto';

/** Port: the aggregator as the commands use it. Everything throws SnoopyError; UNAVAILABLE means that it is gone. */
export interface Server {
  /** For messages. */
  readonly address: string;
  status(include: FlowFilterMessage[]): Promise<GetStatusResponse>;
  /** Ends without an error when `signal` aborts. */
  flows(request: GetFlowsRequestMessage, signal: AbortSignal): AsyncIterable<GetFlowsResponse>;
  capture(start: CaptureStartMessage): CaptureStream;
  close(): void;
}

/** A capture that runs: its messages, until `finished`. */
export interface CaptureStream {
  readonly responses: AsyncIterable<CaptureResponse>;
  /** Asks for the end; the rest and `finished` still come. */
  stop(): void;
  /** Ends at once. */
  cancel(): void;
}

/** Reaches the aggregator at HOST:PORT, or throws UNAVAILABLE within a few seconds. */
export type Connect = (address: string, signal?: AbortSignal) => Promise<Server>;
