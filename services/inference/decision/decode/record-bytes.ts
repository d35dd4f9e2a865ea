import { isUtf8 } from 'node:buffer';

/** A longer record is not scanned. The native parser is as fast for long texts, which most of a longer record are. */
export const SCANNED_BYTES = 4096;

/** A word is read up to this many bytes after its first byte. */
const WORD_BYTES = 4;

/**
 * Room for one record. Decoding is synchronous, so that one room serves every decoder. A constant array of one type lets V8
 * leave out checks that each record's own array would need, which is worth more than the copy costs.
 */
const bytes = Buffer.alloc(SCANNED_BYTES + 1 + WORD_BYTES);
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** So much work a record may take that the native parser does faster. A step takes about a nanosecond. */
const MOST_STEPS = 512;

let nonAscii = false;
let steps = 0;

/** Makes `data` the record that the functions of this file read. A zero, which JSON never has, ends the record. */
export function loadRecord(data: Uint8Array): void {
  bytes.set(data);
  bytes[data.length] = 0;
  nonAscii = false;
  steps = 0;
}

/** Counts work that the native parser does faster. False if the record takes too much of it. */
export function spend(count: number): boolean {
  steps += count;
  return steps <= MOST_STEPS;
}

/** A text of the record is not ASCII, so the record must be checked as a whole. */
export function noteNonAscii(): void {
  nonAscii = true;
}

/** True unless a text of the record `data` is not UTF-8. */
export function isValidUtf8(data: Uint8Array): boolean {
  return !nonAscii || isUtf8(data);
}

export function byteAt(at: number): number {
  return bytes[at] as number;
}

/** Four bytes at once, the first one lowest. */
export function wordAt(at: number): number {
  return view.getInt32(at, true);
}

/** The text between `start` and `end`. It means nothing if the record is not UTF-8. */
export function textBetween(start: number, end: number): string {
  return bytes.toString(nonAscii ? 'utf8' : 'latin1', start, end);
}
