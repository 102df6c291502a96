/** Splits a line into words as a shell does: quotes and backslashes, nothing is expanded. Throws Error with a sentence. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === "'" || character === '"') {
      const end = endOfQuote(text, at);
      word = (word ?? '') + unescaped(text.slice(at + 1, end), character);
      at = end;
    } else if (character === '\\') {
      if (at + 1 === text.length) throw new Error('the arguments end with a backslash');
      word = (word ?? '') + text[++at];
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (word !== undefined) words.push(word);
  return words;
}

function endOfQuote(text: string, start: number): number {
  const quote = text[start]!;
  for (let at = start + 1; at < text.length; at++) {
    if (quote === '"' && text[at] === '\\') at++;
    else if (text[at] === quote) return at;
  }
  throw new Error(`a quote (${quote}) is not closed`);
}

function unescaped(text: string, quote: string): string {
  return quote === '"' ? text.replace(/\\(["\\$`])/g, '$1') : text;
}
