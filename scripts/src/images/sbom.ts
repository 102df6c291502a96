import type { ImageFacts } from './image-archive-reader.js';

interface Component {
  readonly type: 'library' | 'application';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
}

/** What an image is made of, as CycloneDX 1.5: npm packages in the bundle, Debian packages, Node. */
export function sbom(name: string, version: string, image: ImageFacts): object {
  const packages = JSON.parse(image.read('opt/snoopy/packages.json') ?? '[]') as string[];
  const node = image.read('usr/local/lib/node-version')?.trim() ?? 'unknown';
  const program = { type: 'application', name: 'node', version: node, purl: `pkg:generic/node@${node}` };
  const components = [
    program,
    ...packages.map(fromNpm),
    ...fromDebian(image.read('var/lib/dpkg/status') ?? ''),
  ];
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'container', name, version } },
    components,
  };
}

function fromNpm(text: string): Component {
  const at = text.lastIndexOf('@');
  const [name, version] = [text.slice(0, at), text.slice(at + 1)];
  return { type: 'library', name, version, purl: `pkg:npm/${name.replace('@', '%40')}@${version}` };
}

/** dpkg's own list: paragraphs of `Field: value` lines. */
function fromDebian(status: string): Component[] {
  return status.split('\n\n').flatMap((paragraph) => {
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1] ?? '';
    if (!field('Status').endsWith(' installed')) return [];
    const [name, version, architecture] = [field('Package'), field('Version'), field('Architecture')];
    const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
    return [{ type: 'library', name, version, purl }];
  });
}
