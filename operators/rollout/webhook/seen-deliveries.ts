import type { Clock } from '../../../services/shared/clock.ts';
import { REPLAY_WINDOW_SECONDS } from './signature.ts';

const MAXIMUM_ENTRIES = 10_000;

/** The ids of deliveries, kept for as long as a delivery could be replayed. */
export class SeenDeliveries {
  readonly #clock: Clock;
  /** In order of arrival. */
  readonly #arrivals = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(id: string): boolean {
    this.#expire();
    return this.#arrivals.has(id);
  }

  add(id: string): void {
    this.#arrivals.set(id, this.#clock.monotonic());
    this.#expire();
  }

  #expire(): void {
    // A timestamp may be one replay window ahead, so a delivery can be replayed for two windows.
    const oldest = this.#clock.monotonic() - 2 * REPLAY_WINDOW_SECONDS * 1000;
    for (const [id, arrival] of this.#arrivals) {
      if (arrival >= oldest && this.#arrivals.size <= MAXIMUM_ENTRIES) return;
      this.#arrivals.delete(id);
    }
  }
}
