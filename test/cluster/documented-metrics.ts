import { readFileSync } from 'node:fs';
import { repositoryRoot } from '../../scripts/stack/paths.ts';

/**
 * The metrics in the tables of docs/reference/metrics.md: `| name | labels | present | meaning |`.
 * Present is `always`, `rollout` (once a candidate has been rolled out) or `trouble` (once something went wrong).
 */
export function documentedMetrics(moment: 'always' | 'rollout' | 'trouble'): string[] {
  const text = readFileSync(`${repositoryRoot}/docs/reference/metrics.md`, 'utf8');
  const rows = text.matchAll(/^\| `([a-z][a-z_]*)` \|[^|]*\| (always|rollout|trouble) \|/gm);
  return [...rows].flatMap(([, name, present]) => (name !== undefined && present === moment ? [name] : []));
}
