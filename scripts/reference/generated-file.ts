import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file in the repository whose content follows from the code. */
export interface GeneratedFile {
  /** Relative to the repository's root. */
  readonly path: string;
  /** Undefined if this machine cannot generate the file, e.g. because Python is not set up. */
  readonly render: () => string | undefined;
}

export interface GeneratedState {
  readonly path: string;
  readonly state: 'current' | 'stale' | 'skipped';
}

/** Compares each file below `root` with what its generator gives now, and writes nothing. */
export function checkFiles(root: string, files: readonly GeneratedFile[]): GeneratedState[] {
  return files.map(({ path, render }) => {
    const content = render();
    if (content === undefined) return { path, state: 'skipped' };
    return { path, state: read(join(root, path)) === content ? 'current' : 'stale' };
  });
}

/** Writes each file below `root` that is stale. */
export function writeFiles(root: string, files: readonly GeneratedFile[]): GeneratedState[] {
  return files.map(({ path, render }) => {
    const content = render();
    if (content === undefined) return { path, state: 'skipped' };
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    return { path, state: 'current' };
  });
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
