import type { Clock } from '../../shared/clock.ts';

/** A wait that `wake` can end early. A wake while nobody waits ends the next wait at once. */
export class Waker {
  readonly #clock: Clock;
  #woken = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#woken.resolve();
  }

  /** Rejects once `signal` aborts. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    const timer = new AbortController();
    const sleep = this.#clock.sleep(milliseconds, AbortSignal.any([signal, timer.signal]));
    try {
      await Promise.race([this.#woken.promise, sleep]);
    } finally {
      timer.abort();
      sleep.catch(() => {});
      this.#woken = Promise.withResolvers<void>();
    }
  }
}
