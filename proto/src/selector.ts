/**
 * Kubernetes label selectors (k8s.io/apimachinery/pkg/labels, "Labels and Selectors" in the documentation):
 * requirements joined by commas, all of which must hold.
 *
 *   a=b  a==b  a!=b  a in (b,c)  a notin (b,c)  a  !a  a>1  a<1
 *
 * As in Kubernetes, `a!=b` and `a notin (…)` also match what has no label `a`.
 */

export type Labels = Readonly<Record<string, string>>;

export interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent' | 'above' | 'below';
  readonly values: readonly string[];
}

export interface Selector {
  /** As it was written. */
  readonly text: string;
  readonly requirements: readonly Requirement[];
  matches(labels: Labels): boolean;
}

const mostText = 4_096;
const mostRequirements = 64;
const name = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const prefix = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const tokens = /\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)/y;

/** Compiles a selector. Empty text selects everything. Throws an Error whose message says what is wrong. */
export function parseSelector(text: string): Selector {
  if (text.length > mostText) throw new Error(`a selector may have at most ${mostText} characters`);
  const reader = new TokenReader(text);
  const requirements: Requirement[] = [];
  while (!reader.atEnd) {
    if (requirements.length > 0) reader.expect(',');
    requirements.push(readRequirement(reader));
    if (requirements.length > mostRequirements) {
      throw new Error(`a selector may have at most ${mostRequirements} requirements`);
    }
  }
  return { text, requirements, matches: (labels) => requirements.every((r) => holds(r, labels)) };
}

function readRequirement(reader: TokenReader): Requirement {
  if (reader.take('!')) return { key: readKey(reader), operator: 'absent', values: [] };
  const key = readKey(reader);
  const operator = reader.next();
  switch (operator) {
    case undefined:
      return { key, operator: 'exists', values: [] };
    case ',':
      reader.back();
      return { key, operator: 'exists', values: [] };
    case '=':
    case '==':
      return { key, operator: 'in', values: [readValue(reader)] };
    case '!=':
      return { key, operator: 'notin', values: [readValue(reader)] };
    case 'in':
    case 'notin':
      return { key, operator, values: readValues(reader) };
    case '<':
    case '>':
      return { key, operator: operator === '>' ? 'above' : 'below', values: [readNumber(reader)] };
    default:
      throw new Error(
        `after ${quoted(key)} give =, !=, in (…), notin (…), or a comma, not ${quoted(operator)}`,
      );
  }
}

function readKey(reader: TokenReader): string {
  const key = reader.next() ?? '';
  const slash = key.indexOf('/');
  const good = name.test(key.slice(slash + 1)) && (slash < 0 || prefix.test(key.slice(0, slash)));
  if (!good) throw new Error(`give a label's name such as app or example.com/app, not ${quoted(key)}`);
  return key;
}

/** A label's value; it may be empty, then the next token is a comma, a bracket or the end. */
function readValue(reader: TokenReader): string {
  const value = reader.next();
  if (value === undefined) return '';
  if (value === ',' || value === ')') {
    reader.back();
    return '';
  }
  if (!name.test(value)) throw new Error(`${quoted(value)} cannot be a label's value`);
  return value;
}

function readValues(reader: TokenReader): string[] {
  reader.expect('(');
  const values = [readValue(reader)];
  while (reader.take(',')) values.push(readValue(reader));
  reader.expect(')');
  return values;
}

function readNumber(reader: TokenReader): string {
  const value = reader.next() ?? '';
  if (!/^-?\d{1,15}$/.test(value)) throw new Error(`after < or > give a whole number, not ${quoted(value)}`);
  return value;
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'above':
      return value !== undefined && /^-?\d{1,15}$/.test(value) && Number(value) > Number(values[0]);
    case 'below':
      return value !== undefined && /^-?\d{1,15}$/.test(value) && Number(value) < Number(values[0]);
  }
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

class TokenReader {
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string) {
    tokens.lastIndex = 0;
    for (let match = tokens.exec(text); match; match = tokens.exec(text)) this.#tokens.push(match[1]!);
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  next(): string | undefined {
    return this.#tokens[this.#at++];
  }

  back(): void {
    this.#at--;
  }

  take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  expect(token: string): void {
    const found = this.#tokens[this.#at];
    if (!this.take(token)) throw new Error(`expected ${quoted(token)}, found ${quoted(found ?? 'the end')}`);
  }
}
