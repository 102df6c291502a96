import { DecodeError } from './decode-error.js';
import { Fragment } from './decoded.js';

/*
 * RFC 8200, section 4; all but two look like this:
 *   0 next header   1 length in 8 bytes, without the first 8
 * Fragment (44): always 8 bytes; 2 offset in 8 bytes (fff8), more fragments (1), 4 identification.
 * Authentication (51, RFC 4302): the length is in 4 bytes, without the first 8.
 */
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
/** The only one that IPv4 has too. */
export const AUTHENTICATION = 51;
const DESTINATION = 60;
const MOBILITY = 135;
const HIP = 139;
const SHIM6 = 140;
/** What follows nothing. */
export const NO_NEXT_HEADER = 59;

/** RFC 8200 asks for each at most once, destination options twice; more is an attack. */
const MAX_EXTENSIONS = 8;
const OFFSET_MASK = 0xfff8;
const MORE_FRAGMENTS = 1;

/** Where a walk over extension headers ended. */
export class ExtensionWalk {
  protocol = 0;
  at = 0;
  fragment: number = Fragment.none;
  /** When there is a fragment. */
  fragmentId = 0;
}

/** The one walk in use; decoding is synchronous. */
export const extensions = new ExtensionWalk();

export function isExtension(nextHeader: number): boolean {
  switch (nextHeader) {
    case HOP_BY_HOP:
    case ROUTING:
    case FRAGMENT:
    case AUTHENTICATION:
    case DESTINATION:
    case MOBILITY:
    case HIP:
    case SHIM6:
      return true;
    default:
      return false;
  }
}

/**
 * Walks from the header `first` at `from` to what is none of them, to ESP, or to the content of a later fragment.
 * @returns 0 or a `DecodeError`
 */
export function walkExtensions(
  view: DataView,
  from: number,
  end: number,
  first: number,
  walk: ExtensionWalk,
): number {
  let at = from;
  let header = first;
  walk.fragment = Fragment.none;
  for (let count = 0; isExtension(header); count++) {
    if (count === MAX_EXTENSIONS) return DecodeError.ipExtensions;
    if (end - at < 8) return DecodeError.ipTruncated;
    const next = view.getUint8(at);
    const length = extensionLength(header, view.getUint8(at + 1));
    if (end - at < length) return DecodeError.ipTruncated;
    if (header === FRAGMENT) readFragment(view, at, walk);
    at += length;
    header = next;
    if (walk.fragment === Fragment.later) break;
  }
  walk.at = at;
  walk.protocol = header;
  return DecodeError.none;
}

function extensionLength(header: number, field: number): number {
  if (header === FRAGMENT) return 8;
  return header === AUTHENTICATION ? (field + 2) << 2 : (field + 1) << 3;
}

/** An atomic fragment (RFC 6946), whole in one, is none. */
function readFragment(view: DataView, at: number, walk: ExtensionWalk): void {
  const bits = view.getUint16(at + 2);
  if ((bits & OFFSET_MASK) !== 0) walk.fragment = Fragment.later;
  else if ((bits & MORE_FRAGMENTS) !== 0) walk.fragment = Fragment.first;
  walk.fragmentId = view.getInt32(at + 4);
}
