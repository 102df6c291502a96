/** The closed list of what can go wrong at an edge (DESIGN, law 9). */
export const errorCodes = {
  BAD_INPUT: { retryable: false, grpc: 3 },
  NOT_FOUND: { retryable: false, grpc: 5 },
  NOT_ALLOWED: { retryable: false, grpc: 7 },
  UNAUTHENTICATED: { retryable: false, grpc: 16 },
  LIMIT: { retryable: true, grpc: 8 },
  UNSUPPORTED: { retryable: false, grpc: 12 },
  UNAVAILABLE: { retryable: true, grpc: 14 },
  TOOL_FAILED: { retryable: false, grpc: 9 },
  CANCELLED: { retryable: false, grpc: 1 },
  INTERNAL: { retryable: false, grpc: 13 },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/**
 * An error that reaches a person. `message` is one sentence that says what is wrong and what to do;
 * it never holds control characters, whatever the input was (see `printable`).
 */
export class SnoopyError extends Error {
  override readonly name = 'SnoopyError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(printable(message, 2_000), options);
  }

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }

  /** The gRPC status code for it. */
  get grpcCode(): number {
    return errorCodes[this.code].grpc;
  }
}

// C0, DEL, C1, and the characters that reorder text (Unicode TR 9).
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text of unknown origin made safe for a terminal or a log: control and reordering characters become `?`. */
export function printable(text: string, most = 253): string {
  const safe = text.replace(unprintable, '?');
  return safe.length > most ? `${safe.slice(0, most - 1)}…` : safe;
}
