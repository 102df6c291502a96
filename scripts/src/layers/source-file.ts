import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** One import of a source file, whatever its form. */
export interface Import {
  /** As written: `./x.js`, `node:fs`, `@snoopy/proto`. */
  readonly from: string;
  /** Path from the root of the repository, `.ts`, when it is a relative one. */
  readonly target?: string;
}

export interface SourceFile {
  /** From the root of the repository: agent/src/decode/frame.ts. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Without comments and without what stands between quotes. */
  readonly code: string;
}

const STATEMENT = /(?:^|\n)\s*(?:import|export)\b(?:[^'"`;()]*?\bfrom)?\s*'([^']+)'/g;
const DYNAMIC = /\bimport\(\s*'([^']+)'/g;
const COMMENTS = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/gm;
const STRINGS = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

/** Reads a TypeScript file; `root` and `path` as in SourceFile. */
export function readSource(root: string, path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const bare = text.replaceAll(COMMENTS, '');
  const found = [...bare.matchAll(STATEMENT), ...bare.matchAll(DYNAMIC)].map((match) => match[1]!);
  return {
    path,
    lines: text.split('\n').length - 1,
    imports: found.map((from) => ({ from, ...targetOf(path, from) })),
    code: bare.replaceAll(STRINGS, "''"),
  };
}

/** Every .ts file below the folders, generated ones left out. */
export function readTree(root: string, folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) => filesBelow(root, folder)).map((path) => readSource(root, path));
}

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return entry.name === 'gen' ? [] : filesBelow(root, path);
      return entry.name.endsWith('.ts') ? [path] : [];
    })
    .sort();
}

function targetOf(path: string, from: string): { target?: string } {
  if (!from.startsWith('.')) return {};
  return { target: normalize(join(dirname(path), from)).replace(/\.js$/, '.ts') };
}
