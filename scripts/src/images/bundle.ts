import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

/*
 * Puts each program into a few files: what the compiler made, and what it imports, in one. Where a module finds its
 * neighbours by its own place (`import.meta.url`, `__dirname`), it is given the place that it had in the repository,
 * so the bundle's folder is a sparse copy of it: the same paths, with only what is read when the program runs.
 */

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

export type Part = 'agent' | 'aggregator';

/** Programs of a part, threads of their own included. */
const ENTRIES: Readonly<Record<Part, readonly string[]>> = {
  agent: [
    'agent/build/src/main.js',
    'agent/build/src/podtracer/main.js',
    'agent/build/src/kernel/visitor-thread.js',
  ],
  aggregator: ['aggregator/build/src/main.js', 'aggregator/build/src/cli/main.js'],
};

/** What they read beside their code. */
const READ: Readonly<Record<Part, readonly string[]>> = {
  agent: ['agent/package.json', 'agent/src/pods/cri.proto', 'agent/build/bpf'],
  aggregator: ['aggregator/package.json'],
};
const READ_BY_ALL = [
  'LICENSE',
  'proto/package.json',
  'proto/fennec',
  'proto/snoopy',
  'proto/src/gen/contract.binpb',
];

/** With a native part: stays a package. */
const NATIVE = ['koffi'];
const NATIVE_FOLDERS: Readonly<Record<Part, readonly string[]>> = {
  agent: ['node_modules/koffi', 'node_modules/@koromix'],
  aggregator: [],
};

/** Bundles one part into `out`; needs the compiler's output. @returns the npm packages inside, as `name@version` */
export async function bundle(part: Part, out: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [...ENTRIES[part]],
    absWorkingDir: ROOT,
    outbase: '.',
    outdir: out,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    external: NATIVE,
    metafile: true,
    logLevel: 'warning',
    legalComments: 'linked',
    banner: { js: BANNER },
    plugins: [placed],
  });
  copy(READ_BY_ALL, out);
  copy(READ[part], out);
  for (const folder of NATIVE_FOLDERS[part]) copyPackage(folder, out);
  const packages = packagesOf(metafile);
  for (const folder of packages.keys()) copyProtos(folder, out);
  // Node takes .js for modules only where a package says so.
  writeFileSync(join(out, 'package.json'), '{"type":"module"}\n');
  const native = NATIVE_FOLDERS[part].flatMap((folder) => [...nativePackages(folder)]);
  return [...new Set([...packages.values(), ...native])].sort();
}

/** `placeOf(path)`: where that file of the repository would be, as a file: URL; entries know how deep they lie. */
const BANNER = `
import { createRequire as bundleRequire } from 'node:module';
const bundleRoot = import.meta.url.replace(/(agent|aggregator)\\/build\\/src\\/.*$/, '');
const placeOf = (path) => bundleRoot + path;
const folderOf = (path) => decodeURIComponent(new URL(placeOf(path)).pathname);
const require = bundleRequire(import.meta.url);
`;

/** Every module that asks for its own place gets the one it has in the repository. */
const placed: Plugin = {
  name: 'placed',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      if (!/import\.meta\.url|__dirname/.test(source)) return undefined;
      const own = relative(ROOT, path);
      const contents = source
        .replaceAll('import.meta.url', `placeOf(${JSON.stringify(own)})`)
        .replaceAll('__dirname', `folderOf(${JSON.stringify(dirname(own))})`);
      return { contents, loader: 'js' };
    });
  },
};

function copy(paths: readonly string[], out: string): void {
  for (const path of paths) cpSync(join(ROOT, path), join(out, path), { recursive: true });
}

/** A package without its sources, which nobody reads at run time. */
function copyPackage(folder: string, out: string): void {
  const unread = /\/(doc|vendor|cnoke\.cjs)(\/|$)|\.(h|hh|cc|c|inc|md|txt|d\.ts)$|musl_/;
  cpSync(join(ROOT, folder), join(out, folder), { recursive: true, filter: (path) => !unread.test(path) });
}

/** Contracts that packages load when they run (gRPC's health service). */
function copyProtos(folder: string, out: string): void {
  for (const entry of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.proto')) continue;
    mkdirSync(join(out, folder, dirname(entry)), { recursive: true });
    cpSync(join(ROOT, folder, entry), join(out, folder, entry));
  }
}

/** Folders of the npm packages in a bundle, with `name@version`. */
function packagesOf(metafile: Metafile): Map<string, string> {
  const found = new Map<string, string>();
  for (const input of Object.keys(metafile.inputs)) {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
    if (folder && !found.has(folder)) found.set(folder, nameAndVersion(folder));
  }
  return found;
}

function nativePackages(folder: string): string[] {
  if (!folder.endsWith('@koromix')) return [nameAndVersion(folder)];
  return readdirSync(join(ROOT, folder)).map((name) => nameAndVersion(join(folder, name)));
}

function nameAndVersion(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  return `${name}@${version}`;
}
