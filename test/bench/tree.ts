import { readFileSync } from 'node:fs';
import { repositoryRoot } from '../../scripts/stack/paths.ts';

/** A working tree whose own programs are measured. */
export interface Tree {
  readonly root: string;
  /** Commit of a revision that was checked out for the comparison. Undefined for the tree that this program belongs to. */
  readonly revision?: string;
}

export const THIS_TREE: Tree = { root: repositoryRoot };

/** Variables that the tree's programs need: its own Python sources, since trees share one Python environment. */
export function treeEnvironment({ root }: Tree): Readonly<Record<string, string>> {
  return { PYTHONPATH: `${root}/jobs/training/src` };
}

/** Path of a benchmark's program in the tree. */
export function programOf({ root }: Tree, program: string): string {
  return `${root}/test/bench/${program}`;
}

const ENTRYPOINT = 'ENTRYPOINT ';

/** Options of node by which the tree's inference image starts its process. */
export function imageNodeOptions({ root }: Tree): readonly string[] {
  const lines = readFileSync(`${root}/Dockerfile`, 'utf8').split('\n');
  const line = lines.find((it) => it.startsWith(ENTRYPOINT) && it.endsWith('"inference.mjs"]'));
  if (line === undefined) throw new Error(`${root}/Dockerfile has no ENTRYPOINT of inference.mjs`);
  const [, ...options] = JSON.parse(line.slice(ENTRYPOINT.length)) as string[];
  return options.slice(0, -1);
}
