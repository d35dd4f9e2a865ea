import type { Clock } from '../../shared/clock.ts';

/** Reads of this time count about two thirds. A shorter burst hardly changes the load. */
const MEMORY_MILLISECONDS = 60_000;
/** A load is unknown until the shard has been read for so long. */
const WARM_UP_MILLISECONDS = 30_000;
/** Two steps are a doubling. */
const STEPS_PER_DOUBLING = 2;
/** The told load changes only if the measured load is so many steps away. So noise does not change the plan of the group. */
const STEPS_OF_NOISE = 0.9;

/** The smoothed rate at which one shard is read, in coarse steps. */
export class ShardLoad {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #since: number;
  readonly #known: boolean;
  #bytesPerSecond: number;
  #measuredAt: number;
  #told: number;

  /** @param bytesPerSecond load that the last owner measured. 0 if unknown */
  constructor(clock: Pick<Clock, 'monotonic'>, bytesPerSecond: number) {
    this.#clock = clock;
    this.#since = clock.monotonic();
    this.#measuredAt = this.#since;
    this.#known = bytesPerSecond > 0;
    this.#bytesPerSecond = bytesPerSecond;
    this.#told = bytesPerSecond;
  }

  add(bytes: number): void {
    const now = this.#clock.monotonic();
    this.#bytesPerSecond = this.#at(now) + bytes / (MEMORY_MILLISECONDS / 1000);
    this.#measuredAt = now;
  }

  /** 0 if unknown. A shard without records has 1. */
  get bytesPerSecond(): number {
    const now = this.#clock.monotonic();
    const read = now - this.#since;
    if (read < WARM_UP_MILLISECONDS) return this.#told;
    // Without a load to start from, the time before the first read counts as nothing.
    const share = this.#known ? 1 : 1 - Math.exp(-read / MEMORY_MILLISECONDS);
    const step = Math.log2(Math.max(1, this.#at(now) / share)) * STEPS_PER_DOUBLING;
    const told = Math.log2(Math.max(1, this.#told)) * STEPS_PER_DOUBLING;
    if (this.#told === 0 || Math.abs(step - told) > STEPS_OF_NOISE) {
      this.#told = Math.round(2 ** (Math.round(step) / STEPS_PER_DOUBLING));
    }
    return this.#told;
  }

  #at(now: number): number {
    return this.#bytesPerSecond * Math.exp((this.#measuredAt - now) / MEMORY_MILLISECONDS);
  }
}
