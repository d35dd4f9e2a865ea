import { applicationRecord } from './applications.ts';

const EMPTY_NOTE_BYTES = ',"note":""'.length;

/** The application number `index` as a record of at least `bytes` bytes. A note that no model reads fills it. */
export function paddedRecord(index: number, bytes: number): Buffer {
  const record = Buffer.from(applicationRecord(index)).toString();
  const missing = bytes - record.length - EMPTY_NOTE_BYTES;
  return Buffer.from(missing > 0 ? `${record.slice(0, -1)},"note":"${'x'.repeat(missing)}"}` : record);
}
