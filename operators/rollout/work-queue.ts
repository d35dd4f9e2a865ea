import { type BackoffOptions, backoffMilliseconds } from '../../services/shared/backoff.ts';
import type { Clock } from '../../services/shared/clock.ts';
import type { Logger } from '../../services/shared/logging.ts';

export interface WorkQueueOptions {
  /** Handles one key. Resolves to the milliseconds until the next time, if any. An error is retried with back-off. */
  readonly handle: (key: string) => Promise<number | undefined>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Number of keys handled in parallel in each lane. One key is never handled twice at once. */
  readonly concurrency: number;
  /**
   * The lane of a key. Keys of one lane wait for the same server, so a server that hangs fills its own lane and no other.
   * @default one lane for all keys
   */
  readonly lane?: (key: string) => string;
  readonly backoff: BackoffOptions;
  /** Called after each handled key. */
  readonly onHandled?: (result: 'success' | 'error', durationMilliseconds: number) => void;
}

/**
 * A queue of keys. A key that waits is handled once, however often it was added. A key that was added while it was
 * handled is handled once more. A new delay replaces a pending delay only if it is shorter.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  /** Each key that is being handled, and its lane. */
  readonly #active = new Map<string, string>();
  readonly #failures = new Map<string, number>();
  readonly #delays = new Map<string, { readonly at: number; readonly cancel: AbortController }>();
  #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  get depth(): number {
    return this.#waiting.size;
  }

  add(key: string): void {
    if (this.#stopped) return;
    this.#cancelDelay(key);
    this.#waiting.add(key);
    this.#pump();
  }

  addAfter(key: string, milliseconds: number): void {
    if (this.#stopped) return;
    if (milliseconds <= 0) {
      this.add(key);
      return;
    }
    const { clock } = this.#options;
    const at = clock.monotonic() + milliseconds;
    const pending = this.#delays.get(key);
    if (pending !== undefined && pending.at <= at) return;
    this.#cancelDelay(key);
    const cancel = new AbortController();
    this.#delays.set(key, { at, cancel });
    clock.sleep(milliseconds, cancel.signal).then(
      () => this.add(key),
      () => {},
    );
  }

  /** Handles no further key. Resolves when the running handlers have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    for (const key of [...this.#delays.keys()]) this.#cancelDelay(key);
    await Promise.all(this.#running);
  }

  #pump(): void {
    for (const key of this.#waiting) {
      const lane = this.#options.lane?.(key) ?? '';
      if (this.#active.has(key) || this.#isFull(lane)) continue;
      this.#waiting.delete(key);
      this.#active.set(key, lane);
      const run = this.#handle(key).finally(() => {
        this.#running.delete(run);
        this.#active.delete(key);
        this.#pump();
      });
      this.#running.add(run);
    }
  }

  #isFull(lane: string): boolean {
    let active = 0;
    for (const other of this.#active.values()) if (other === lane) active++;
    return active >= this.#options.concurrency;
  }

  async #handle(key: string): Promise<void> {
    const { handle, clock, logger, backoff, onHandled } = this.#options;
    const start = clock.monotonic();
    try {
      const again = await handle(key);
      this.#failures.delete(key);
      onHandled?.('success', clock.monotonic() - start);
      if (again !== undefined) this.addAfter(key, again);
    } catch (error) {
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      onHandled?.('error', clock.monotonic() - start);
      const delayMilliseconds = backoffMilliseconds(failures, backoff);
      if (!this.#stopped)
        logger.warn({ error, key, delayMilliseconds }, 'handling the key failed, trying again after a delay');
      this.addAfter(key, delayMilliseconds);
    }
  }

  #cancelDelay(key: string): void {
    this.#delays.get(key)?.cancel.abort();
    this.#delays.delete(key);
  }
}
