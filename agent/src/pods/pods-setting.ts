/** Where pods come from: `cri[:SOCKET]` or `netns:FILE`. */
export type PodsSetting =
  | { readonly kind: 'cri'; readonly socket?: string }
  | { readonly kind: 'netns'; readonly file: string };

/** Parses the setting `--pods`. Throws an Error that says what is accepted. */
export function parsePods(text: string): PodsSetting {
  const [, kind, rest] = /^(cri|netns)(?::(.*))?$/s.exec(text) ?? [];
  if (kind === 'cri' && (rest === undefined || rest.startsWith('/'))) {
    return rest === undefined ? { kind } : { kind, socket: rest };
  }
  if (kind === 'netns' && rest) return { kind, file: rest };
  throw new Error('give cri, cri:SOCKET (an absolute path) or netns:FILE');
}
