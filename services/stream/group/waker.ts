import type { Clock } from '../../shared/clock.ts';

/** How long a wait goes on after a nudge, so that many nudges end one wait. */
const NUDGE_MILLISECONDS = 200;
/** One error for all waits: making an error with its stack for each wait cost more than the wait. */
const WAIT_ENDED = new Error('the wait has ended');

/** A wait that `wake` ends at once and `nudge` soon. A call while nobody waits counts for the next wait. */
export class Waker {
  readonly #clock: Clock;
  #isWoken = false;
  #isNudged = false;
  /** What the wait that is under way does on a wake and on a nudge. */
  #onWake: () => void = () => {};
  #onNudge: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#isWoken = true;
    this.#onWake();
  }

  nudge(): void {
    if (this.#isNudged) return;
    this.#isNudged = true;
    this.#onNudge();
  }

  /** Rejects once `signal` aborts. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const timer = new AbortController();
    const end = Promise.withResolvers<void>();
    const endAfter = (time: number) => this.#clock.sleep(time, timer.signal).then(end.resolve, () => {});
    const onAbort = () => end.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#onWake = end.resolve;
    this.#onNudge = () => void endAfter(NUDGE_MILLISECONDS);
    if (this.#isWoken) this.#onWake();
    else void endAfter(milliseconds);
    if (this.#isNudged) this.#onNudge();
    try {
      await end.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      timer.abort(WAIT_ENDED);
      this.#isWoken = false;
      this.#isNudged = false;
      this.#onWake = () => {};
      this.#onNudge = () => {};
    }
  }
}
