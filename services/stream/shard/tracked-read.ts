import { RECORD_OVERHEAD_BYTES } from '../read/read-memory.ts';
import type { StreamRecord } from '../record.ts';

/** Where a record is. This is all that is kept of a record that is done. */
export type RecordPlace = Pick<StreamRecord, 'sequenceNumber' | 'subSequenceNumber' | 'arrivalMilliseconds'>;

/** Smaller buffers are not worth a copy. */
const LEAST_COPIED_BYTES = 64 * 1024;
/** Data is copied if it is at most this part of its buffer. */
const COPIED_PART = 1 / 4;

/** The records of one read that are not all done, and the memory that they take. */
export class TrackedRead {
  /** Index of the first record. */
  first: number;
  /** Monotonic time of the read. */
  readonly readAt: number;
  #bufferBytes: number;
  #records: readonly (StreamRecord | RecordPlace)[] = [];
  /** The records as an array that is this object's own. Undefined before the second `add`. */
  #copy: (StreamRecord | RecordPlace)[] | undefined;
  /** 1 for each record that is done, after the first of them that is not. Undefined as long as records are done in order. */
  #done: Uint8Array | undefined;
  #count = 0;
  #left = 0;
  /** Number of records that are done, from the first without a gap. */
  #prefix = 0;
  /** The prefix that `advance` told last. */
  #told = 0;
  #last: RecordPlace | undefined;
  #isWhole = false;

  /** @param bufferBytes memory of the buffers that hold the data */
  constructor(first: number, bufferBytes: number, readAt: number) {
    this.first = first;
    this.#bufferBytes = bufferBytes;
    this.readAt = readAt;
  }

  /** Index after the last record. */
  get end(): number {
    return this.first + this.#count;
  }

  /** True if no further record comes, and all records are done. */
  get isDone(): boolean {
    return this.#isWhole && this.#left === 0;
  }

  get memoryBytes(): number {
    return this.#bufferBytes + this.#records.length * RECORD_OVERHEAD_BYTES;
  }

  add(records: readonly StreamRecord[]): void {
    // Most reads hold no aggregate, so their records come at once and need no copy.
    if (this.#count === 0) this.#records = records;
    else {
      this.#copy ??= [...this.#records];
      for (const record of records) this.#copy.push(record);
      this.#records = this.#copy;
    }
    this.#count += records.length;
    this.#left += records.length;
  }

  /** Call this after the last `add`. */
  seal(): void {
    this.#isWhole = true;
    // Else the copy would keep the data that `compact` means to free.
    this.#copy = undefined;
    if (this.#left === 0) this.#forget();
  }

  complete(index: number): void {
    const offset = index - this.first;
    if (offset === this.#prefix) this.#prefix++;
    else this.#mark(offset);
    this.#left--;
  }

  /** Call this after the last `complete` of a batch. Frees the records once all are done. */
  settle(): void {
    if (this.isDone) this.#forget();
  }

  /** The place of the last record of the prefix, and of the record after it. Undefined if the prefix did not grow. */
  advance(): { readonly last: RecordPlace; readonly next: RecordPlace | undefined } | undefined {
    if (this.#left === 0) this.#prefix = this.#count;
    else while (this.#done?.[this.#prefix]) this.#prefix++;
    if (this.#prefix === this.#told) return undefined;
    this.#told = this.#prefix;
    const last = this.#records[this.#prefix - 1] ?? this.#last;
    return last && { last: placeOf(last), next: this.#records[this.#prefix] };
  }

  /** Takes the place of the read before. Both are done. */
  append(before: TrackedRead): void {
    this.#count += this.first - before.first;
    this.first = before.first;
    this.#last ??= before.#last;
  }

  /**
   * If few of the read's bytes are still needed, moves them to a buffer of their own. Otherwise one record that waits, or
   * is tried again and again, would keep a read of 10 MiB in memory.
   */
  compact(): void {
    if (!this.#isWhole || this.#bufferBytes < LEAST_COPIED_BYTES) return;
    const left = this.#records.filter((_, offset) => !this.#isDoneAt(offset)) as StreamRecord[];
    const bytes = left.reduce((sum, { data }) => sum + data.length, 0);
    if (bytes > this.#bufferBytes * COPIED_PART) return;
    const buffer = Buffer.allocUnsafeSlow(bytes);
    let used = 0;
    for (const record of left) {
      buffer.set(record.data, used);
      // The record stays the same for everybody who holds it.
      (record as { data: Uint8Array }).data = buffer.subarray(used, used + record.data.length);
      used += record.data.length;
    }
    this.#records = this.#records.map((record, offset) =>
      this.#isDoneAt(offset) ? placeOf(record) : record,
    );
    this.#bufferBytes = bytes;
  }

  #isDoneAt(offset: number): boolean {
    return offset < this.#prefix || this.#done?.[offset] === 1;
  }

  #mark(offset: number): void {
    if (this.#done === undefined || this.#done.length < this.#count) {
      const marked = this.#done ?? [];
      this.#done = new Uint8Array(this.#count);
      this.#done.set(marked);
    }
    this.#done[offset] = 1;
  }

  #forget(): void {
    const last = this.#records.at(-1);
    this.#last = last && placeOf(last);
    this.#records = [];
    this.#done = undefined;
    this.#bufferBytes = 0;
  }
}

function placeOf({ sequenceNumber, subSequenceNumber, arrivalMilliseconds }: RecordPlace): RecordPlace {
  return { sequenceNumber, subSequenceNumber, arrivalMilliseconds };
}
