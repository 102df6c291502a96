import type {
  CaptureResponse,
  CaptureStartMessage,
  FlowFilterMessage,
  GetFlowsRequestMessage,
  GetFlowsResponse,
  GetStatusResponse,
  Job,
  ReadFileRequestMessage,
  ReadFileResponse,
  RunResponse,
  RunStartMessage,
} from '@snoopy/proto';

/** Port: the aggregator as the commands use it. Everything throws SnoopyError; UNAVAILABLE means that it is gone. */
export interface Server {
  /** For messages. */
  readonly address: string;
  status(include: FlowFilterMessage[]): Promise<GetStatusResponse>;
  /** Ends without an error when `signal` aborts. */
  flows(request: GetFlowsRequestMessage, signal: AbortSignal): AsyncIterable<GetFlowsResponse>;
  capture(start: CaptureStartMessage): CaptureStream;
  /** Runs a tool; its messages come until `finished`. */
  run(start: RunStartMessage): Stoppable<RunResponse>;
  /** Empty texts: all. */
  jobs(namespace: string, name: string): Promise<readonly Job[]>;
  readFile(request: ReadFileRequestMessage): AsyncIterable<ReadFileResponse>;
  close(): void;
}

/** A capture that runs: its messages, until `finished`. */
export type CaptureStream = Stoppable<CaptureResponse>;

/** What runs until it is stopped. */
export interface Stoppable<Response> {
  readonly responses: AsyncIterable<Response>;
  /** Asks for the end; the rest and `finished` still come. */
  stop(): void;
  /** Ends at once. */
  cancel(): void;
}

/** Reaches the aggregator at HOST:PORT, or throws UNAVAILABLE within a few seconds. */
export type Connect = (address: string, signal?: AbortSignal) => Promise<Server>;
