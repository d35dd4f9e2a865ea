import { createHash } from 'node:crypto';

/** The defect of a version. It decides which gate has to stop the version. */
export type Flaw =
  | 'none'
  | 'refused by verification'
  | 'crashes verification'
  | 'comes to no verdict'
  | 'flips decisions'
  | 'errs when deciding'
  | 'errs with all keys'
  | 'gives no metrics'
  | 'never loads'
  | 'never becomes ready'
  | 'crashes pods when loaded'
  | 'errs in service'
  | 'crashes in service'
  | 'crashes in its bake time';

/** The flaw of a version. */
export type FlawOf = (version: string | undefined) => Flaw;

/** The digest of a version in the first registry. `files` tells the files of another registry. */
export function digestOf(version: string, files = ''): string {
  return `sha256:${createHash('sha256').update(`${version} ${files}`).digest('hex')}`;
}

/** A name part of five or ten characters, as the controllers of Kubernetes make them. */
export function nameHash(seed: string, length: 5 | 10): string {
  return createHash('sha256').update(seed).digest('hex').slice(0, length);
}
