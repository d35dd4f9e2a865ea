import { type Clock, endSleep } from '../../shared/clock.ts';
import { unlessAborted } from '../../shared/unless-aborted.ts';

/** A batch that stays longer in the processor hangs. A suspect then no longer waits for it. */
const LONGEST_WAIT_MILLISECONDS = 5_000;

/**
 * Lets the batches of all shards of a process into the processor side by side, and a suspect only alone. If the process
 * ends meanwhile, no other record can be the cause.
 */
export class ProcessorGate {
  readonly #clock: Clock;
  #inside = 0;
  /** Resolves once the suspect has left. Undefined if no suspect is inside or waits to enter. */
  #closed: Promise<void> | undefined;
  #emptied: () => void = () => {};
  #hangs = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws the signal's reason, before `work` has begun */
  async besideOthers<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    while (this.#closed !== undefined) await unlessAborted(this.#closed, signal);
    this.#inside++;
    try {
      return await work();
    } finally {
      this.#inside--;
      if (this.#inside === 0) {
        this.#hangs = false;
        this.#emptied();
      }
    }
  }

  /**
   * `isAlone` is false if another batch hangs in the processor.
   * @throws the signal's reason, before `work` has begun
   */
  async alone<T>(work: (isAlone: boolean) => Promise<T>, signal: AbortSignal): Promise<T> {
    while (this.#closed !== undefined) await unlessAborted(this.#closed, signal);
    const left = Promise.withResolvers<void>();
    this.#closed = left.promise;
    try {
      return await work(await this.#isEmpty(signal));
    } finally {
      this.#closed = undefined;
      left.resolve();
    }
  }

  async #isEmpty(signal: AbortSignal): Promise<boolean> {
    if (this.#inside === 0) return true;
    if (this.#hangs) return false;
    const emptied = Promise.withResolvers<void>();
    const timer = new AbortController();
    this.#emptied = emptied.resolve;
    const tooLong = this.#clock.sleep(LONGEST_WAIT_MILLISECONDS, timer.signal).catch(() => {});
    try {
      await unlessAborted(Promise.race([emptied.promise, tooLong]), signal);
    } finally {
      endSleep(timer);
      this.#emptied = () => {};
    }
    this.#hangs = this.#inside > 0;
    return !this.#hangs;
  }
}
