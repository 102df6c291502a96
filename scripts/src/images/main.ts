import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeBaseImages } from './base-image.js';
import { type Builder, findBuilder } from './builder.js';
import { faultsOf, megabytes } from './check-image.js';
import { readImageArchive } from './image-archive-reader.js';
import { type ImageKind, KINDS, kindOf } from './image-kinds.js';
import { sbom } from './sbom.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

const HELP = `scripts/images.sh [OPTIONS] [agent] [aggregator]

Builds the images, checks what is in them, and writes for each an archive (docker load, ctr image import) and an SBOM
(CycloneDX).

  --base IMAGE|debootstrap  what the agent's image is made of. debootstrap: Debian's packages and npm's Node instead of
                            a registry's images. Default: debootstrap with buildah, else what the Dockerfiles say
  --node IMAGE              where Node and its libraries come from; default: what the Dockerfiles say, or the base
  --builder NAME            docker, podman or buildah; default: the first that works
  --tag NAME                tag of both; default: the version
  --prefix TEXT             before the names; default: localhost/
  --out FOLDER              where the archives go; default: images
`;

const say = (text: string): void => void process.stderr.write(`images: ${text}\n`);

const { values, positionals } = parseArgs({
  options: {
    base: { type: 'string' },
    node: { type: 'string' },
    builder: { type: 'string' },
    tag: { type: 'string' },
    prefix: { type: 'string', default: 'localhost/' },
    out: { type: 'string', default: 'images' },
    help: { type: 'boolean', short: 'h', default: false },
  },
  allowPositionals: true,
});

const version = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
const cache = join(process.env.SNOOPY_CACHE ?? join(process.env.HOME ?? '/root', '.cache/snoopy'), 'images');

/** The bundle made here instead of in the build stage, which takes a minute there; see make-bundle.sh. */
function makeContext(kind: ImageKind, work: string): string {
  const context = join(work, kind.part);
  const scripts = join(context, 'scripts/images');
  mkdirSync(scripts, { recursive: true });
  copyFileSync(join(ROOT, 'scripts/images/make-bundle.sh'), join(scripts, 'make-bundle.sh'));
  execFileSync(join(ROOT, 'scripts/images/make-bundle.sh'), [kind.part, join(context, 'bundle')]);
  return context;
}

function buildAll(): void {
  const kinds = positionals.length > 0 ? positionals.map(kindOf) : KINDS;
  const out = resolve(values.out);
  for (const folder of [cache, out]) mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(cache, 'work-'));
  const builder = findBuilder(values.builder, join(work, 'storage'));
  try {
    const args = baseArguments(builder);
    for (const kind of kinds) buildOne(kind, builder, args, work, out);
  } finally {
    builder.close();
    rmSync(work, { recursive: true, force: true });
  }
}

function baseArguments(builder: Builder): Record<string, string> {
  const base = values.base ?? (builder.name === 'buildah' ? 'debootstrap' : undefined);
  if (base !== 'debootstrap')
    return { ...(base && { BASE_IMAGE: base }), ...(values.node && { NODE_IMAGE: values.node }) };
  const { plain, withNode } = makeBaseImages(cache, join(ROOT, 'agent/Dockerfile'), say);
  for (const image of [plain, withNode]) builder.load(image.tar);
  return { BASE_IMAGE: plain.tag, NODE_IMAGE: values.node ?? withNode.tag };
}

function buildOne(
  kind: ImageKind,
  builder: Builder,
  args: Record<string, string>,
  work: string,
  out: string,
): void {
  const start = performance.now();
  const name = `snoopy-${kind.part}`;
  const tag = `${values.prefix}${name}:${values.tag ?? version}`;
  const tar = join(out, `${name}.tar`);
  const dockerfile = join(ROOT, kind.part, 'Dockerfile');
  builder.build({ dockerfile, context: makeContext(kind, work), tag, args, tar });
  const image = readImageArchive(tar);
  const faults = faultsOf(kind, image);
  if (faults.length > 0) throw new Error(faults.slice(0, 20).join('\n'));
  writeFileSync(join(out, `${name}.cdx.json`), JSON.stringify(sbom(tag, version, image), null, 1));
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  say(`${tag} by ${builder.name}: ${tar}, ${megabytes(image.size)} unpacked, ${seconds} s`);
}

try {
  if (values.help) process.stdout.write(HELP);
  else buildAll();
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
