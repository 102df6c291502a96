import type { ErrorCode } from '@snoopy/proto';

/** A SnoopyError of the thread that visits namespaces, which does without the rest of the contract: it costs 20 MiB. */
export class VisitError extends Error {
  override readonly name = 'VisitError';

  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}
