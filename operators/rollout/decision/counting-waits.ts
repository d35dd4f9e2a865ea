import { conditionOf } from './condition-of.ts';
import { isHeld } from './held.ts';
import type { Facts, Rollout } from './rollout.ts';
import { NEEDS, type Need, WAITS, type Wait } from './waits.ts';

/** The waits whose time counts now, as the facts show. The status is the status before the facts. */
export function countingWaits(rollout: Rollout, facts: Facts): ReadonlySet<Wait> {
  const met = metNeeds(rollout, facts);
  return new Set(WAITS.filter((wait) => NEEDS[wait].every((need) => met[need])));
}

function metNeeds(
  rollout: Rollout,
  { alias, target, measurement, statements, denials = [] }: Facts,
): Record<Need, boolean> {
  const found = target.kind === 'found';
  const measured = measurement?.kind === 'measured';
  return {
    registry: alias.kind === 'version' || alias.kind === 'absent',
    metrics:
      measurement === undefined
        ? conditionOf(rollout.status, 'MetricsReachable')?.status !== 'False'
        : measured,
    pods: !found || target.wantedReplicas > 0,
    target: found,
    reads: denials.every(({ kind }) => kind !== 'read'),
    writes: denials.every(({ kind }) => kind !== 'write'),
    moving: found && !target.paused,
    paused: found && target.paused,
    free: !isHeld(rollout, { alias, statements }),
  };
}
