import type { Clock } from '../../shared/clock.ts';

export interface CallRateOptions {
  /** Most calls that begin within one window, wherever the window begins. */
  readonly calls: number;
  readonly windowMilliseconds: number;
  readonly clock: Clock;
}

/** Bounds how often one caller calls, whatever the answers are. */
export class CallRate {
  readonly #options: CallRateOptions;
  /** Monotonic times of the last calls, the oldest first. */
  readonly #calledAt: number[] = [];

  constructor(options: CallRateOptions) {
    this.#options = options;
  }

  /** Resolves once the next call may begin, and counts that call. The caller must wait for one turn at a time. */
  async turn(signal: AbortSignal): Promise<void> {
    const { calls, windowMilliseconds, clock } = this.#options;
    const oldest = this.#calledAt.length < calls ? undefined : this.#calledAt[0];
    if (oldest !== undefined) {
      const freeAt = oldest + windowMilliseconds;
      // A timer may fire a moment early.
      for (let left = freeAt - clock.monotonic(); left > 0; left = freeAt - clock.monotonic())
        await clock.sleep(left, signal);
      this.#calledAt.shift();
    }
    this.#calledAt.push(clock.monotonic());
  }
}
