import { readdirSync, readFileSync } from 'node:fs';
import { IMAGE_TARGETS } from './targets.ts';

/** The images of this project that manifests name. */
interface NamedImages {
  readonly prefix: string;
  readonly tag: string;
  readonly targets: readonly string[];
}

/**
 * Reads which images of this project the manifests of a folder name.
 * @throws Error if they name none, or several prefixes or tags, because one build cannot serve them
 */
export function imagesOfManifests(folder: string): NamedImages {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  const texts = files.map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
  const images = texts.flatMap((text) =>
    [...text.matchAll(/\bimage: (\S+)\/([\w-]+):([\w.-]+)$/gm)].map(([, prefix, target, tag]) => ({
      prefix,
      target,
      tag,
    })),
  );
  const ours = images.filter(({ target }) => IMAGE_TARGETS.some(({ name }) => name === target));
  const only = (what: string, found: readonly (string | undefined)[]): string => {
    const [first, ...others] = new Set(found);
    if (first === undefined) throw new Error(`${folder} names no image of this project`);
    if (others.length > 0)
      throw new Error(`${folder} names images with several ${what}: ${[first, ...others].join(', ')}`);
    return first;
  };
  return {
    prefix: only(
      'prefixes',
      ours.map(({ prefix }) => prefix),
    ),
    tag: only(
      'tags',
      ours.map(({ tag }) => tag),
    ),
    targets: IMAGE_TARGETS.map(({ name }) => name).filter((name) =>
      ours.some(({ target }) => target === name),
    ),
  };
}
