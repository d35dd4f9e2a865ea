import { type Clock, endSleep } from '../../shared/clock.ts';
import { fnv1a } from '../../shared/fnv1a.ts';
import type { StreamRecord } from '../record.ts';

export interface LaneOptions {
  readonly batchSize: number;
  /** How long an incomplete batch waits for more records. */
  readonly windowMilliseconds: number;
  readonly clock: Clock;
  /** Handles records in order, one call at a time. `indices` are the indices of the records in the PrefixTracker. */
  readonly handle: (records: readonly StreamRecord[], indices: readonly number[]) => Promise<void>;
}

/** A queue whose records are handled in order, in batches. A shard has one lane for each batch that may be in flight. */
export class Lane {
  readonly #options: LaneOptions;
  #records: StreamRecord[] = [];
  #indices: number[] = [];
  #wake: () => void = () => {};
  #closing = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  get queued(): number {
    return this.#records.length;
  }

  push(record: StreamRecord, index: number): void {
    this.#records.push(record);
    this.#indices.push(index);
  }

  /** Call this after the last `push` of a read. */
  wake(): void {
    this.#wake();
  }

  /** Call this if no more records will come. `run` ends once the queue is empty. */
  finish(): void {
    this.#closing = true;
    this.#wake();
  }

  /** Drops the queued records. `run` ends after the batch in flight. */
  drop(): void {
    this.#records = [];
    this.#indices = [];
    this.finish();
  }

  /** Rejects if `handle` rejects, or once `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#untilBatch(signal);
      signal.throwIfAborted();
      if (this.#records.length === 0) return;
      await this.#handleNext();
    }
  }

  /** A function of its own, so that an idle lane holds no reference to its last batch, and so to a whole read. */
  #handleNext(): Promise<void> {
    const { batchSize, handle } = this.#options;
    return handle(this.#records.splice(0, batchSize), this.#indices.splice(0, batchSize));
  }

  async #untilBatch(signal: AbortSignal): Promise<void> {
    while (this.#records.length === 0 && !this.#closing) await this.#woken(signal);
    const { windowMilliseconds, batchSize, clock } = this.#options;
    if (windowMilliseconds === 0) return;
    const deadline = clock.monotonic() + windowMilliseconds;
    while (this.#records.length < batchSize && !this.#closing) {
      const left = deadline - clock.monotonic();
      if (left <= 0) return;
      await this.#woken(signal, left);
    }
  }

  /** Resolves at the next wake, or after `milliseconds` if given. */
  async #woken(signal: AbortSignal, milliseconds?: number): Promise<void> {
    signal.throwIfAborted();
    const woken = Promise.withResolvers<void>();
    const onAbort = () => woken.reject(signal.reason);
    this.#wake = woken.resolve;
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = milliseconds === undefined ? undefined : this.#sleep(milliseconds, woken.resolve);
    try {
      await woken.promise;
    } finally {
      if (timer !== undefined) endSleep(timer);
      signal.removeEventListener('abort', onAbort);
      this.#wake = () => {};
    }
  }

  #sleep(milliseconds: number, wake: () => void): AbortController {
    const timer = new AbortController();
    this.#options.clock.sleep(milliseconds, timer.signal).then(wake, () => {});
    return timer;
  }
}

/** The lane of a partition key, below `lanes`. Records with the same key share a lane, which keeps their order. */
export function keyLane(partitionKey: string, lanes: number): number {
  return fnv1a(partitionKey) % lanes;
}
