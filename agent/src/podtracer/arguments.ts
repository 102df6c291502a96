import { SnoopyError } from '@snoopy/proto';

/**
 * Splits a line into arguments as a POSIX shell splits words (XCU 2.2, Quoting): blanks separate, '…' takes everything
 * as it is, "…" and \ quote single characters. Nothing is expanded or run: $, `, *, ;, | and > are ordinary characters.
 * Throws SnoopyError(BAD_INPUT) for a quote that does not end.
 */
export function parseArguments(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < text.length) {
    const character = text[at]!;
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at++;
      continue;
    }
    const piece = readPiece(text, at);
    word = (word ?? '') + piece.value;
    at = piece.next;
  }
  if (word !== undefined) words.push(word);
  return words;
}

interface Piece {
  readonly value: string;
  readonly next: number;
}

function readPiece(text: string, at: number): Piece {
  const character = text[at]!;
  if (character === "'") return readSingle(text, at + 1);
  if (character === '"') return readDouble(text, at + 1);
  if (character === '\\') return readEscape(text, at + 1);
  return { value: character, next: at + 1 };
}

function readSingle(text: string, from: number): Piece {
  const end = text.indexOf("'", from);
  if (end < 0) throw unbalanced("'", from);
  return { value: text.slice(from, end), next: end + 1 };
}

/** Inside "…" a backslash quotes only these; before anything else it stays. A quoted line feed joins two lines. */
function readDouble(text: string, from: number): Piece {
  let value = '';
  for (let at = from; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') return { value, next: at + 1 };
    const following = text[at + 1];
    if (character === '\\' && following !== undefined && '"\\$`\n'.includes(following)) {
      value += following === '\n' ? '' : following;
      at++;
    } else {
      value += character;
    }
  }
  throw unbalanced('"', from);
}

function readEscape(text: string, at: number): Piece {
  const character = text[at];
  if (character === undefined)
    throw new SnoopyError('BAD_INPUT', 'the arguments end with a backslash; double it');
  return { value: character === '\n' ? '' : character, next: at + 1 };
}

function unbalanced(quote: string, from: number): SnoopyError {
  return new SnoopyError(
    'BAD_INPUT',
    `the arguments have a ${quote} at character ${from} that is not closed`,
  );
}
