/** What a capture takes. */
export interface CaptureWork {
  /** None: all but loopback. */
  readonly interfaces: readonly string[];
  readonly filter: string;
  /** 0: whole frames. */
  readonly snaplen: number;
  /** For each pod and interface, 0: no limit. */
  readonly packets: number;
}

/** Options that change only how tcpdump prints or buffers, which a capture into a file does not do. */
const WITHOUT_MEANING = /^-[nNqtvxXASeUlKbfHL#p]+$/;

/**
 * Arguments with which the original ran tcpdump, as a capture: `-w -` means "to the collector". Arguments without it
 * want tcpdump's text, and are no capture; nor is what is not understood here (the agent judges that).
 */
export function tcpdumpCapture(words: readonly string[]): CaptureWork | undefined {
  const interfaces: string[] = [];
  let snaplen = 0;
  let packets = 0;
  let toCollector = false;
  let at = 0;
  for (; at < words.length && words[at]!.startsWith('-') && words[at] !== '--'; at++) {
    const word = words[at]!;
    const [, letter, glued] = /^-[nNqtvxXASeUlKbfHL#p]*([iwsc])(.*)$/.exec(word) ?? [];
    if (letter === undefined) {
      if (WITHOUT_MEANING.test(word)) continue;
      return undefined;
    }
    const value = glued || words[++at];
    if (value === undefined) return undefined;
    if (letter === 'i') interfaces.push(value);
    else if (letter === 'w') toCollector = value === '-';
    else if (!/^\d+$/.test(value)) return undefined;
    else if (letter === 's') snaplen = Number(value);
    else packets = Number(value);
  }
  if (!toCollector) return undefined;
  const filter = words.slice(words[at] === '--' ? at + 1 : at).join(' ');
  return { interfaces, filter, snaplen, packets };
}
