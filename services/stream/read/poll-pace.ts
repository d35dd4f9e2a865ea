import { type Clock, endSleep } from '../../shared/clock.ts';

/** Empty reads in a row, at the newest record, after which a shard counts as idle. */
const IDLE_READS = 4;

export interface PollPaceOptions {
  /** Time from one read to the next while records come. 0: read again at once. */
  readonly intervalMilliseconds: number;
  /** Longest time from one read of an idle shard to the next. Below the interval it means the interval. */
  readonly maximumMilliseconds: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** A moment at which shards are read together. */
interface GridPoint {
  readonly wakes: Set<() => void>;
  readonly timer: AbortController;
}

/**
 * When the shards of this process are read again. All shards share one grid of times: an idle read costs most of its CPU
 * time in cold caches, and shards that are read together share the warm ones. An idle shard is read less and less often,
 * because the five reads a second of a shard are for all its consumers.
 */
export class PollPace {
  readonly #options: PollPaceOptions;
  readonly #points = new Map<number, GridPoint>();

  constructor(options: PollPaceOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the shard is to be read again.
   * @param readAt monotonic time at which the last read began
   * @param emptyReads empty reads in a row at the newest record
   */
  async next(readAt: number, emptyReads: number, signal: AbortSignal): Promise<void> {
    const { intervalMilliseconds, clock } = this.#options;
    const steps = this.#steps(emptyReads);
    // A read that is late already, because its records took long, does not wait for the grid.
    if (readAt + steps * intervalMilliseconds <= clock.monotonic()) return signal.throwIfAborted();
    return this.#reach(Math.round(readAt / intervalMilliseconds + steps), signal);
  }

  /** Whole intervals until the next read. The jitter keeps to the grid, so that shards still wake together. */
  #steps(emptyReads: number): number {
    const { intervalMilliseconds, maximumMilliseconds, random = Math.random } = this.#options;
    if (intervalMilliseconds === 0) return 1;
    const most = Math.max(1, Math.floor(maximumMilliseconds / intervalMilliseconds));
    const steps = Math.min(most, 2 ** Math.max(0, emptyReads - IDLE_READS + 1));
    return steps - Math.floor(random() * (Math.floor(steps / 4) + 1));
  }

  #reach(index: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const point = this.#points.get(index) ?? this.#open(index);
      const wake = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        point.wakes.delete(wake);
        if (point.wakes.size === 0) this.#close(index, point);
        reject(signal.reason);
      };
      point.wakes.add(wake);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #open(index: number): GridPoint {
    const { intervalMilliseconds, clock } = this.#options;
    const point = { wakes: new Set<() => void>(), timer: new AbortController() };
    this.#points.set(index, point);
    clock.sleep(Math.max(0, index * intervalMilliseconds - clock.monotonic()), point.timer.signal).then(
      () => {
        this.#close(index, point);
        for (const wake of point.wakes) wake();
      },
      () => {},
    );
    return point;
  }

  #close(index: number, point: GridPoint): void {
    if (this.#points.get(index) === point) this.#points.delete(index);
    endSleep(point.timer);
  }
}
