import type { StreamRecord } from '../record.ts';
import { RECORD_OVERHEAD_BYTES, readBytes } from './read-memory.ts';

/** Reserved for the first read. */
const FIRST_GUESS_BYTES = 1024 * 1024;
/** Reserved even if the read before was empty. */
const LEAST_GUESS_BYTES = 64 * 1024;
/** Memory of one record, before any record was read. */
const FIRST_RECORD_BYTES = 1024 + RECORD_OVERHEAD_BYTES;

/** Guesses the size of the next read of a shard from the reads before. */
export class ReadSize {
  readonly #mostRecords: number;
  #guessBytes = FIRST_GUESS_BYTES;
  #recordBytes = FIRST_RECORD_BYTES;

  /** @param mostRecords limit of a read whose bytes are all reserved */
  constructor(mostRecords: number) {
    this.#mostRecords = mostRecords;
  }

  /** Bytes to reserve for the next read. */
  get guessBytes(): number {
    return this.#guessBytes;
  }

  /** Records that the next read may return. Fewer bytes than asked for allow fewer records, but at least one. */
  recordsWithin(grantedBytes: number): number {
    if (grantedBytes >= this.#guessBytes) return this.#mostRecords;
    const records = Math.floor(grantedBytes / this.#recordBytes);
    return Math.min(this.#mostRecords, Math.max(1, records));
  }

  /** @param limit the records that the read was allowed to return */
  learn(records: readonly StreamRecord[], limit: number): void {
    const bytes = readBytes(records);
    if (records.length > 0) this.#recordBytes = bytes / records.length;
    // A read that was cut short does not show how much the shard has.
    if (records.length >= limit && limit < this.#mostRecords) return;
    this.#guessBytes = Math.max(bytes, LEAST_GUESS_BYTES);
  }
}
