import type { StreamRecord } from '../record.ts';

interface Waiter {
  readonly bytes: number;
  readonly grant: () => void;
}

/**
 * Bounds the data that is read and not yet confirmed. The size of a read is unknown in advance, so a reader reserves a
 * guess and corrects it afterwards. If guesses are too small, the limit is exceeded by the difference.
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

  /** Resolves in the order of the calls. A reservation above the limit is granted when nothing else is in flight. */
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

  /** Corrects a reservation. A negative number gives bytes back. */
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

/** Memory that a record takes beside its data: objects, sequence number, partition key, and places in queues. */
const RECORD_OVERHEAD_BYTES = 400;

/** Memory that records take. Records without data take memory too, and an aggregate may hold thousands of them. */
export function heldBytes(records: readonly StreamRecord[]): number {
  return records.reduce((sum, record) => sum + record.data.length, records.length * RECORD_OVERHEAD_BYTES);
}
