import { ADAPTERS, HOT, MAX_LINES, NOT_HOT, ONLY_MAIN, OUTSIDE, VAGUE_NAME, WIRING } from './architecture.js';
import { findCycle } from './cycle.js';
import type { SourceFile } from './source-file.js';

/** Looks at every file and returns its complaints, each a sentence that starts with the file's path. */
export type Rule = (files: readonly SourceFile[]) => string[];

const inList = (path: string, list: readonly string[]): boolean =>
  list.some((entry) => (entry.endsWith('/') ? path.startsWith(entry) : path === entry));
const isMain = (path: string): boolean => path.endsWith('/main.ts');
const packageOf = (path: string): string => path.slice(0, path.indexOf('/'));

/** A rule over each file's imports: `forbids` returns the reason, if any. */
function onImports(forbids: (file: SourceFile, from: string, target?: string) => string | undefined): Rule {
  return (files) =>
    files.flatMap((file) =>
      file.imports.flatMap(({ from, target }) => {
        const reason = forbids(file, from, target);
        return reason ? [`${file.path} imports ${from}: ${reason}`] : [];
      }),
    );
}

const packagesStayApart = onImports((file, from, target) => {
  const own = packageOf(file.path);
  if (from.startsWith('@snoopy/') && from !== '@snoopy/proto') return 'only the contract is shared';
  if (from === '@snoopy/proto' && own === 'proto') return 'a package does not import itself by name';
  return target && !target.startsWith(`${own}/src/`) ? `it leaves ${own}/src` : undefined;
});

const CLI = 'aggregator/src/cli/';

const cliImportsTheContractAlone = onImports((file, _, target) => {
  if (file.path.startsWith(CLI)) return target && !target.startsWith(CLI) ? 'the CLI is a client' : undefined;
  return target?.startsWith(CLI) ? 'the CLI is nobody’s part' : undefined;
});

const hotPathImportsItselfAlone = onImports((file, from, target) => {
  const level = HOT.findIndex((folder) => file.path.startsWith(folder));
  if (level < 0 || from === '@snoopy/proto') return undefined;
  const allowed = HOT.slice(0, level + 1);
  return target && allowed.some((folder) => target.startsWith(folder))
    ? undefined
    : `the hot path imports the contract and ${allowed.join(', ')}`;
});

const onlyAdaptersTouchTheOutside = onImports((file, from) =>
  OUTSIDE.some((pattern) => pattern.test(from)) && !inList(file.path, ADAPTERS) && !isMain(file.path)
    ? 'only adapters do (scripts/src/layers/architecture.ts lists them)'
    : undefined,
);

const domainImportsNoAdapter = onImports((file, _, target) => {
  if (isMain(file.path) || inList(file.path, ADAPTERS) || inList(file.path, WIRING)) return undefined;
  if (file.path === 'proto/src/index.ts') return undefined;
  return target && inList(target, ADAPTERS) ? 'domain code imports ports, never adapters' : undefined;
});

const mainIsImportedByNothing = onImports((_, __, target) =>
  target && isMain(target) ? 'main.ts is imported by nothing' : undefined,
);

const noCycles: Rule = (files) => {
  const cycle = findCycle(
    new Map(files.map((file) => [file.path, file.imports.flatMap((i) => i.target ?? [])])),
  );
  return cycle ? [`${cycle[0]} imports itself: ${cycle.join(' → ')}`] : [];
};

const REEXPORTS = /^(?:\s*export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+'';?)+\s*$/;

const noBarrels: Rule = (files) =>
  files
    .filter((file) => file.path !== 'proto/src/index.ts')
    .filter((file) => !file.imports.some(({ from }) => from.startsWith('./gen/'))) // names for generated types
    .filter((file) => file.path.endsWith('/index.ts') || REEXPORTS.test(file.code))
    .map((file) => `${file.path} is a barrel: import from where things are`);

const noVagueNames: Rule = (files) =>
  files
    .filter((file) => file.path.split('/').some((part) => VAGUE_NAME.test(part)))
    .map((file) => `${file.path} has a name that says nothing`);

const filesEnd: Rule = (files) =>
  files
    .filter((file) => file.lines > MAX_LINES)
    .map((file) => `${file.path} has ${file.lines} lines; ${MAX_LINES} is the stop`);

/** A rule over the code of some files. */
function onCode(
  concerns: (path: string) => boolean,
  patterns: readonly (readonly [RegExp, string])[],
  sentence: (what: string) => string,
): Rule {
  return (files) =>
    files
      .filter((file) => concerns(file.path))
      .flatMap((file) =>
        patterns
          .filter(([pattern]) => pattern.test(file.code))
          .map(([, what]) => `${file.path} ${sentence(what)}`),
      );
}

const hotPathIsPure = onCode(
  (path) => HOT.some((folder) => path.startsWith(folder)),
  NOT_HOT,
  (what) => `uses ${what}: the hot path is synchronous and pure`,
);

const onlyMainIsTheProcess = onCode(
  (path) => !isMain(path),
  ONLY_MAIN,
  (what) => `${what}: only main.ts does`,
);

/** Every rule by a name for people. */
export const RULES: Readonly<Record<string, Rule>> = {
  'packages stay apart': packagesStayApart,
  'the CLI imports the contract alone': cliImportsTheContractAlone,
  'the hot path imports itself alone': hotPathImportsItselfAlone,
  'the hot path is pure': hotPathIsPure,
  'only adapters touch the outside': onlyAdaptersTouchTheOutside,
  'domain code imports no adapter': domainImportsNoAdapter,
  'main.ts is imported by nothing': mainIsImportedByNothing,
  'only main.ts is the process': onlyMainIsTheProcess,
  'no cycles': noCycles,
  'no barrels': noBarrels,
  'no vague names': noVagueNames,
  'files end': filesEnd,
};
