import { DecodeError } from './decode-error.js';
import type { Decoded } from './decoded.js';

/**
 * Decodes one frame into `out`.
 *
 * @param view bytes that hold the frame; nothing outside of `offset … offset + captured` is read
 * @param captured bytes of the frame that are there
 * @param original bytes that the frame had on the wire
 * @param linkType LINKTYPE_ number of the capture
 * @returns 0, or a `DecodeError` to be counted; then only wireBytes, capturedBytes and the link fields of `out` hold
 */
export function decodeFrame(
  _view: DataView,
  _offset: number,
  captured: number,
  original: number,
  _linkType: number,
  out: Decoded,
): number {
  out.wireBytes = original;
  out.capturedBytes = captured;
  return DecodeError.linkType;
}
