import type { Facts, Rollout } from '../../operators/rollout/decision/rollout.ts';
import { SPEC } from './rollout-world.ts';

const NOW = Date.UTC(2026, 0, 2);

/** A time that is `seconds` ago for the rollout of `rolloutOf`. */
export function ago(seconds: number): string {
  return new Date(NOW - seconds * 1000).toISOString();
}

/** The input of a decision by a leader that has acted for a long time. */
export function rolloutOf(rollout: Partial<Rollout>): Rollout {
  return {
    spec: SPEC,
    status: {},
    generation: 1,
    retry: undefined,
    now: NOW,
    elapsed: (time) => Math.max(0, (NOW - Date.parse(time)) / 1000),
    actedSeconds: 1_000_000,
    ...rollout,
  };
}

type FoundTarget = Extract<Facts['target'], { kind: 'found' }>;

/** A target with three available pods. */
export function targetOf(target: Partial<FoundTarget> = {}): FoundTarget {
  return {
    kind: 'found',
    pin: undefined,
    complete: true,
    availableReplicas: 3,
    wantedReplicas: 3,
    paused: false,
    stuck: undefined,
    ...target,
  };
}
