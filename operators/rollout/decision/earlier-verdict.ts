import type { Rollout, TargetReading } from './rollout.ts';

/**
 * Whether the Deployment gave up on its pods before `since`, or before the operator set the present pin. A Deployment keeps
 * an old verdict on a template that returns, until its pods make progress. The old verdict may be about the template of
 * another client.
 */
export function isEarlierVerdict(
  { elapsed }: Pick<Rollout, 'elapsed'>,
  { stuck, pinnedAt }: Extract<TargetReading, { kind: 'found' }>,
  since: string,
): boolean {
  if (stuck === undefined) return false;
  const age = elapsed(stuck.since);
  // Both times are whole seconds, and a new template gets at least one second.
  return age > elapsed(since) || (pinnedAt !== undefined && age >= elapsed(pinnedAt));
}
