import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { byTags } from '../../charts/third-party-images.ts';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { manifestFiles } from './install.ts';
import type { Settings } from './settings.ts';

const COPIES = `${repositoryRoot}/.cache/manifests-by-tag`;

/** The files of k8s/kind that the settings ask for: those in k8s/, or copies without the digests of images. */
export function systemFiles({ WITHOUT, IMAGES_BY_TAG }: Settings): string[] {
  const files = manifestFiles('kind', WITHOUT);
  return IMAGES_BY_TAG ? copiesByTags(files) : files;
}

function copiesByTags(files: readonly string[]): string[] {
  rmSync(COPIES, { recursive: true, force: true });
  mkdirSync(COPIES, { recursive: true });
  return files.map((file) => {
    const copy = `${COPIES}/${basename(file)}`;
    writeFileSync(copy, byTags(readFileSync(file, 'utf8')));
    return copy;
  });
}
