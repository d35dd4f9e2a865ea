import { FakeError } from './fake-error.ts';
import type { FakeRecord } from './fake-record.ts';

const MAXIMUM_READ_BYTES = 10 * 1024 * 1024;

export interface ShardSpan {
  readonly shardId: string;
  readonly parents: readonly string[];
  readonly startHash: bigint;
  readonly endHash: bigint;
  /** Smaller than the sequence number of every record in the shard. */
  readonly startSequence: string;
}

export interface ShardRead {
  readonly records: readonly FakeRecord[];
  /** Absolute index of the next record. Undefined at the end of a closed shard. */
  readonly next: number | undefined;
  readonly behindMilliseconds: number;
}

/** The records of a shard. Positions are absolute indices, so they stay valid after a trim. */
export class FakeShard {
  readonly span: ShardSpan;
  readonly children: string[] = [];
  #records: FakeRecord[] = [];
  #trimmed = 0;
  #endSequence: string | undefined;
  #change: PromiseWithResolvers<void> | undefined;

  constructor(span: ShardSpan) {
    this.span = span;
  }

  get endSequence(): string | undefined {
    return this.#endSequence;
  }

  get tip(): number {
    return this.#trimmed + this.#records.length;
  }

  get horizon(): number {
    return this.#trimmed;
  }

  /** A closed shard keeps its range. */
  covers(hashKey: bigint): boolean {
    return hashKey >= this.span.startHash && hashKey <= this.span.endHash;
  }

  append(record: FakeRecord): void {
    this.#records.push(record);
    this.#notify();
  }

  close(endSequence: string): void {
    this.#endSequence = endSequence;
    this.#notify();
  }

  /** Resolves when the shard gets another record, or is closed. */
  changed(): Promise<void> {
    this.#change ??= Promise.withResolvers<void>();
    return this.#change.promise;
  }

  /** A number below all records from `index` on, and not below the records before `index`. */
  sequenceBefore(index: number): string {
    return this.#records[index - this.#trimmed - 1]?.sequenceNumber ?? this.span.startSequence;
  }

  /** Deletes the oldest records, as the end of retention does. */
  trim(count: number): void {
    this.#trimmed += this.#records.splice(0, count).length;
  }

  /** @throws FakeError InvalidArgumentException, if no record of this shard can have the number */
  indexOf(sequenceNumber: string, after: boolean): number {
    const isOurs =
      /^\d{56}$/.test(sequenceNumber) &&
      sequenceNumber >= this.span.startSequence &&
      (this.#endSequence === undefined || sequenceNumber <= this.#endSequence);
    if (!isOurs) {
      throw new FakeError(
        'InvalidArgumentException',
        `StartingSequenceNumber ${sequenceNumber} used in GetShardIterator on shard ${this.span.shardId} is invalid`,
      );
    }
    const index = this.#records.findIndex((record) =>
      after ? record.sequenceNumber > sequenceNumber : record.sequenceNumber >= sequenceNumber,
    );
    return index < 0 ? this.tip : this.#trimmed + index;
  }

  indexAt(milliseconds: number): number {
    const index = this.#records.findIndex((record) => record.arrivalMilliseconds >= milliseconds);
    return index < 0 ? this.tip : this.#trimmed + index;
  }

  read(from: number, limit: number, nowMilliseconds: number, maximumBytes = MAXIMUM_READ_BYTES): ShardRead {
    const start = Math.max(from, this.#trimmed) - this.#trimmed;
    let end = start;
    for (let bytes = 0; end < this.#records.length && end - start < limit; end++) {
      bytes += this.#records[end]?.bytes ?? 0;
      if (bytes > maximumBytes && end > start) break;
    }
    const following = this.#records[end];
    return {
      records: this.#records.slice(start, end),
      next: following === undefined && this.#endSequence !== undefined ? undefined : this.#trimmed + end,
      behindMilliseconds: following ? Math.max(0, nowMilliseconds - following.arrivalMilliseconds) : 0,
    };
  }

  all(): readonly FakeRecord[] {
    return this.#records;
  }

  #notify(): void {
    this.#change?.resolve();
    this.#change = undefined;
  }
}
