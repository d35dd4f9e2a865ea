import type { StreamRecord } from '../record.ts';

interface Waiter {
  readonly bytes: number;
  readonly grant: () => void;
}

/**
 * Bounds the data that is read and not yet confirmed. What a read will bring is not known before:
 * readers reserve a guess and settle it afterwards, so the limit can be passed by what the guesses were short of.
 */
export class ByteBudget {
  readonly #limitBytes: number;
  readonly #onChange: (usedBytes: number) => void;
  readonly #waiting: Waiter[] = [];
  #usedBytes = 0;

  constructor(limitBytes: number, onChange: (usedBytes: number) => void = () => {}) {
    this.#limitBytes = limitBytes;
    this.#onChange = onChange;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Resolves in order of the calls; a reservation larger than the limit is granted while nothing else is in flight. */
  reserve(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.add(bytes);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        this.#grant();
        reject(signal.reason);
      };
      const waiter: Waiter = {
        bytes,
        grant: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      this.#waiting.push(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Corrects a reservation (negative: gives back). */
  add(bytes: number): void {
    this.#usedBytes += bytes;
    this.#onChange(this.#usedBytes);
    if (bytes < 0) this.#grant();
  }

  #grant(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#usedBytes += next.bytes;
      next.grant();
    }
    this.#onChange(this.#usedBytes);
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes === 0 || this.#usedBytes + bytes <= this.#limitBytes;
  }
}

export function dataBytes(records: readonly StreamRecord[]): number {
  return records.reduce((sum, record) => sum + record.data.length, 0);
}
