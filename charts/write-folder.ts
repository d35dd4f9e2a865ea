import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Manifests } from './system.ts';

/**
 * Makes the folder hold exactly these files. A file that is right already keeps its time, because `skaffold dev` deploys
 * again when the time of a file changes.
 * @returns the number of files that were written or removed
 */
export function writeFolder(folder: string, manifests: Manifests): number {
  mkdirSync(folder, { recursive: true });
  const surplus = readdirSync(folder).filter((name) => !manifests.has(name));
  for (const name of surplus) rmSync(`${folder}/${name}`, { recursive: true });
  const changed = [...manifests].filter(([name, content]) => textOf(`${folder}/${name}`) !== content);
  for (const [name, content] of changed) writeFileSync(`${folder}/${name}`, content);
  return surplus.length + changed.length;
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
