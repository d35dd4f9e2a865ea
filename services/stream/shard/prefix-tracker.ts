import type { Checkpoint } from '../checkpoint.ts';
import type { StreamRecord } from '../record.ts';

/**
 * Finds the contiguous prefix of a shard that is done, while its records complete in any order.
 * A record is identified by its index in the order of delivery.
 */
export class PrefixTracker {
  #records: StreamRecord[] = [];
  #done: boolean[] = [];
  /** Index of #records[0]. */
  #base = 0;
  /** All records below this index are done. */
  #head = 0;
  #checkpoint: Checkpoint;
  #lastDone: StreamRecord | undefined;

  constructor(checkpoint: Checkpoint) {
    this.#checkpoint = checkpoint;
  }

  get checkpoint(): Checkpoint {
    return this.#checkpoint;
  }

  /** The last record of the prefix. Undefined before the first record is done. */
  get lastDone(): StreamRecord | undefined {
    return this.#lastDone;
  }

  /** True if all delivered records are done. */
  get isIdle(): boolean {
    return this.#head === this.#base + this.#records.length;
  }

  /** @returns the index of the first record. The others follow one by one. */
  add(records: readonly StreamRecord[]): number {
    const first = this.#base + this.#records.length;
    for (const record of records) {
      this.#records.push(record);
      this.#done.push(false);
    }
    return first;
  }

  complete(index: number): void {
    this.#done[index - this.#base] = true;
    if (index === this.#head) this.#advance();
  }

  #advance(): void {
    let offset = this.#head - this.#base;
    while (this.#done[offset]) offset++;
    const last = this.#records[offset - 1];
    if (last) {
      this.#checkpoint = after(last, this.#records[offset]);
      this.#lastDone = last;
    }
    this.#head = this.#base + offset;
    // A move costs the length of the rest. So the rest is moved only if it is the smaller part.
    if (offset * 2 < this.#records.length) return;
    this.#records = this.#records.slice(offset);
    this.#done = this.#done.slice(offset);
    this.#base = this.#head;
  }
}

/** The records of an aggregate are delivered together. So the next record shows whether `last` ends its aggregate. */
function after(last: StreamRecord, next: StreamRecord | undefined): Checkpoint {
  const { sequenceNumber, subSequenceNumber } = last;
  return next?.sequenceNumber === sequenceNumber
    ? { kind: 'record', sequenceNumber, subSequenceNumber }
    : { kind: 'record', sequenceNumber };
}
