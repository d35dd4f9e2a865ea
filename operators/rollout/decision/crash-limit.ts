import type { Crashes } from './rollout.ts';

/**
 * Time in which crashes are counted. After this time without a crash Kubernetes takes a container as recovered too, and
 * begins its back-off anew.
 */
export const CRASH_WINDOW_SECONDS = 600;
/** How seldom a good candidate may reach the limit in one window. */
const CHANCE = 1 / 4000;
/** Pods that are young say little, so one crash in a day of one pod is assumed beside what they show. */
const ASSUMED = { restarts: 1, podSeconds: 86_400 };
/** Above this number the limit is out of reach anyway. */
const MOST_EXPECTED = 100;

export function areTooMany({ recent, pods, before }: Crashes): boolean {
  return recent >= crashLimit(pods, before);
}

/**
 * The number of crashes in the window that speaks against the candidate: so many would be a rare chance at the rate of
 * the time before. For up to 3 pods that never restarted it is 2, for 20 it is 4.
 */
export function crashLimit(pods: number, before: Crashes['before']): number {
  const rate = (before.restarts + ASSUMED.restarts) / (before.podSeconds + ASSUMED.podSeconds);
  const expected = Math.min(rate * pods * CRASH_WINDOW_SECONDS, MOST_EXPECTED);
  // The tail of a Poisson distribution: the probability of `limit` crashes or more.
  let limit = 0;
  let probability = Math.exp(-expected);
  for (let tail = 1; tail >= CHANCE && limit < 3 * MOST_EXPECTED; limit++) {
    tail -= probability;
    probability *= expected / (limit + 1);
  }
  return Math.max(2, limit);
}
