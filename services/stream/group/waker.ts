import type { Clock } from '../../shared/clock.ts';

/** How long a wait goes on after a nudge, so that many nudges end one wait. */
const NUDGE_MILLISECONDS = 200;

/** A wait that `wake` ends at once and `nudge` soon. A call while nobody waits counts for the next wait. */
export class Waker {
  readonly #clock: Clock;
  #woken = Promise.withResolvers<void>();
  #nudged = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#woken.resolve();
  }

  nudge(): void {
    this.#nudged.resolve();
  }

  /** Rejects once `signal` aborts. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    const timer = new AbortController();
    const end = AbortSignal.any([signal, timer.signal]);
    const sleep = this.#clock.sleep(milliseconds, end);
    const nudged = this.#nudged.promise.then(() => this.#clock.sleep(NUDGE_MILLISECONDS, end));
    nudged.catch(() => {});
    try {
      await Promise.race([this.#woken.promise, nudged, sleep]);
    } finally {
      timer.abort();
      sleep.catch(() => {});
      this.#woken = Promise.withResolvers<void>();
      this.#nudged = Promise.withResolvers<void>();
    }
  }
}
