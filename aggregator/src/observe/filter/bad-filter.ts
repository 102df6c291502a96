import { SnoopyError } from '@snoopy/proto';

/** Runs a parser for a field of the request; what it throws comes out as INVALID_ARGUMENT that names the field. */
export function entry<T>(field: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new SnoopyError('BAD_INPUT', `${field}: ${(error as Error).message}.`);
  }
}
