import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { PAUSE_DEADLINE_SECONDS, progressDeadlineSeconds } from './deadlines.ts';
import { isPinHindered } from './foreign-pin.ts';
import { hasBakeTimeQueries } from './queries.ts';
import { isRestoring } from './restoration.ts';
import type { Facts, Rollout } from './rollout.ts';
import { isInBakeTime } from './stable-pods.ts';
import type { Wait } from './waits.ts';

/** The time that counted is recorded in steps, so that a long wait costs few writes. */
const RECORDED_SECONDS = 30;

/** The status with the time that counted towards its deadline. The next leader goes on from there. */
export function withDeadline(
  rollout: Rollout,
  facts: Facts,
  status: ModelDeploymentStatus,
): ModelDeploymentStatus {
  const { deadline: _, ...plain } = status;
  const hasQueries = hasBakeTimeQueries(rollout.spec);
  const present = presentWait(status, facts, hasQueries);
  if (present === undefined || isPinHindered({ ...rollout, status }, facts)) return plain;
  const { wait, since } = present;
  const counted = countedSeconds(rollout, facts, wait, since);
  const seconds = Math.floor(counted / RECORDED_SECONDS) * RECORDED_SECONDS;
  return seconds > 0 ? { ...plain, deadline: { wait, since, seconds } } : plain;
}

/** A rollback and a proven version may wait on after their deadline. Nothing more is recorded then. */
function countedSeconds(rollout: Rollout, { target }: Facts, wait: Wait, since: string): number {
  if (wait === 'resumption') return Math.min(rollout.counted(wait, since), PAUSE_DEADLINE_SECONDS);
  if (wait !== 'replacement') return rollout.counted(wait, since);
  if (target.kind !== 'found') return 0;
  return Math.min(target.idleSeconds ?? 0, progressDeadlineSeconds(target));
}

/** The wait that the status is in, and the begin of its phase or step. Undefined if no deadline runs. */
function presentWait(
  { phase, stable, candidate }: ModelDeploymentStatus,
  { target }: Facts,
  hasQueries: boolean,
): { readonly wait: Wait; readonly since: string } | undefined {
  if (candidate === undefined || phase === 'AwaitingApproval') {
    const wait = hasQueries ? 'measurement' : 'records';
    return isInBakeTime({ phase, stable }) && stable ? { wait, since: stable.since } : undefined;
  }
  const { version, since, weightPercent } = candidate;
  if (phase === 'Verifying') return { wait: 'verification', since };
  if (phase === 'Shadowing') return { wait: 'measurement', since };
  if (phase === 'Canary') return { wait: weightPercent === 0 ? 'loading' : 'measurement', since };
  if (phase !== 'Promoting' && !isRestoring({ phase, stable, candidate })) return undefined;
  if (stable !== undefined && weightPercent !== 100) return { wait: 'loading', since };
  if (target.kind === 'missing') return undefined;
  if (target.paused) return { wait: 'resumption', since };
  // The time of pods without the pin is no time of pods that get the pin later.
  return target.pin?.version === version ? { wait: 'replacement', since } : undefined;
}
