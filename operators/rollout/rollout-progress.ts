import type { Clock } from '../../services/shared/clock.ts';

interface Progress {
  /** What the pods are replaced for. Another aim begins anew. */
  readonly aim: string;
  readonly seen: Set<string>;
  at: number;
}

/**
 * For how long the pods of each target made no progress, as this process saw it. A state counts as progress only the first
 * time. So pods that come and go for ever make none, whatever deadline the Deployment has.
 */
export class RolloutProgress {
  readonly #clock: Clock;
  readonly #targets = new Map<string, Progress>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param state the numbers of pods */
  idleSeconds(name: string, aim: string, state: string): number {
    const now = this.#clock.monotonic();
    const known = this.#targets.get(name);
    const progress = known?.aim === aim ? known : { aim, seen: new Set<string>(), at: now };
    this.#targets.set(name, progress);
    if (!progress.seen.has(state)) progress.at = now;
    progress.seen.add(state);
    return (now - progress.at) / 1000;
  }

  forget(name: string): void {
    this.#targets.delete(name);
  }
}
