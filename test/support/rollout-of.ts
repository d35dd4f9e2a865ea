import type { Crashes, Facts, PodHealth, Rollout } from '../../operators/rollout/decision/rollout.ts';
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
    counted: (_wait, since) => Math.max(0, (NOW - Date.parse(since)) / 1000),
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
    startSeconds: 600,
    minReadySeconds: 0,
    paused: false,
    stuck: undefined,
    ...target,
  };
}

/** Crashes of the last ten minutes, by three pods that show nothing of the time before. */
export function crashesOf(recent: number, crashes: Partial<Crashes> = {}): Crashes {
  return { recent, pods: 3, before: { restarts: 0, podSeconds: 0 }, ...crashes };
}

/** The health of three pods that neither start nor restart. The Deployment says how many are ready. */
export function healthOf(health: Partial<PodHealth> = {}): PodHealth {
  return { total: 3, ready: Number.POSITIVE_INFINITY, starting: 0, restarting: 0, ...health };
}
