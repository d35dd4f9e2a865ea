import type { Checkpoint } from '../checkpoint.ts';
import type { StreamRecord } from '../record.ts';
import { type RecordPlace, TrackedRead } from './tracked-read.ts';

/**
 * Finds the contiguous prefix of a shard that is done, while its records complete in any order. A record is identified by
 * its index in the order of delivery.
 *
 * Records are kept until their read is done. Of reads that are done behind a record that is not, only the last place is
 * kept. So a record that is never done costs no more memory the further the others go on.
 */
export class PrefixTracker {
  /** In order. The first is not done, or not yet sealed. Of neighbours that are done, only the last is kept. */
  readonly #reads: TrackedRead[] = [];
  #checkpoint: Checkpoint;
  #lastDone: RecordPlace | undefined;
  /** Index of the next record. */
  #next = 0;
  #left = 0;

  constructor(checkpoint: Checkpoint) {
    this.#checkpoint = checkpoint;
  }

  get checkpoint(): Checkpoint {
    return this.#checkpoint;
  }

  /** The last record of the prefix. Undefined before the first record is done. */
  get lastDone(): RecordPlace | undefined {
    return this.#lastDone;
  }

  /** True if all delivered records are done. */
  get isIdle(): boolean {
    return this.#left === 0;
  }

  /** Memory of the records that are kept, and of the buffers that their data keeps. */
  get memoryBytes(): number {
    return this.#reads.reduce((sum, read) => sum + read.memoryBytes, 0);
  }

  /**
   * Begins a read. The records that follow belong to it.
   * @param bufferBytes memory of the buffers that hold the data of the read
   * @param now monotonic time
   */
  begin(bufferBytes: number, now: number): void {
    this.#reads.push(new TrackedRead(this.#next, bufferBytes, now));
  }

  /** @returns the index of the first record. The others follow one by one. */
  add(records: readonly StreamRecord[]): number {
    const first = this.#next;
    this.#reads.at(-1)?.add(records);
    this.#next += records.length;
    this.#left += records.length;
    return first;
  }

  /** Ends the read that was begun last. */
  seal(): void {
    this.#reads.at(-1)?.seal();
    this.#advance();
  }

  /** @param indices ascending */
  complete(indices: readonly number[]): void {
    let at = this.#find(indices[0] ?? 0);
    let read = this.#reads[at];
    for (const index of indices) {
      while (read && index >= read.end) {
        read.settle();
        read = this.#reads[++at];
      }
      read?.complete(index);
    }
    read?.settle();
    this.#left -= indices.length;
    this.#advance();
  }

  /** Moves the few bytes that are still needed of large reads, so that the rest is freed. Newer reads stay as they are. */
  compact(readBefore: number): void {
    for (const read of this.#reads) if (read.readAt <= readBefore) read.compact();
  }

  /** Position in #reads of the read that holds the record. */
  #find(index: number): number {
    let low = 0;
    let high = this.#reads.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (index < (this.#reads[middle] as TrackedRead).end) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #advance(): void {
    for (let read = this.#reads[0]; read; read = this.#reads[0]) {
      const step = read.advance();
      if (step) {
        this.#checkpoint = after(step.last, step.next);
        this.#lastDone = step.last;
      }
      if (!read.isDone) break;
      this.#reads.shift();
    }
    this.#joinDone();
  }

  #joinDone(): void {
    for (let at = this.#reads.length - 1; at > 0; at--) {
      const before = this.#reads[at - 1];
      const read = this.#reads[at];
      if (!before?.isDone || !read?.isDone) continue;
      read.append(before);
      this.#reads.splice(at - 1, 1);
    }
  }
}

/** The records of an aggregate are delivered together. So the next record shows whether `last` ends its aggregate. */
function after(last: RecordPlace, next: RecordPlace | undefined): Checkpoint {
  const { sequenceNumber, subSequenceNumber } = last;
  return next?.sequenceNumber === sequenceNumber
    ? { kind: 'record', sequenceNumber, subSequenceNumber }
    : { kind: 'record', sequenceNumber };
}
