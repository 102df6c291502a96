import type { ImageFacts } from './image-archive-reader.js';
import type { ImageKind } from './image-kinds.js';

/** What is wrong with an image; each a sentence. */
export function faultsOf({ part, user, most, has, hasNot }: ImageKind, image: ImageFacts): string[] {
  const faults: string[] = [];
  const there = (wanted: string): boolean =>
    image.paths.some((path) => path === wanted || path.endsWith(`/${wanted}`));
  for (const wanted of has) if (!there(wanted)) faults.push(`${part}: ${wanted} is missing`);
  for (const path of image.paths)
    if (hasNot.some((pattern) => pattern.test(path))) faults.push(`${part}: /${path} should not be there`);
  if (image.user !== user) faults.push(`${part}: runs as "${image.user}", not as ${user}`);
  if (image.size > most)
    faults.push(`${part}: ${megabytes(image.size)} unpacked, ${megabytes(most)} at most`);
  return faults;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
