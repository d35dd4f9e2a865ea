import type { StreamRecord } from '../record.ts';

/** Names a record in a lease: `<sequence number>:<sub-sequence number>`. */
function recordPosition({ sequenceNumber, subSequenceNumber }: StreamRecord): string {
  return `${sequenceNumber}:${subSequenceNumber}`;
}

/** Names a record of the stream as it was put, before it is opened as an aggregate: `<sequence number>`. */
export function unopenedPosition({ sequenceNumber }: StreamRecord): string {
  return sequenceNumber;
}

/** Names the records of a batch: its first record and, as `+<number>`, how many follow. */
export function batchPosition(records: readonly StreamRecord[]): string {
  const [first] = records;
  if (first === undefined) return '';
  const more = records.length - 1;
  return more === 0 ? recordPosition(first) : `${recordPosition(first)}+${more}`;
}

/** True if `position` names one record, opened or not. */
export function isOneRecord(position: string | undefined): boolean {
  return position !== undefined && /^\d{1,128}(?::\d{1,16})?$/.test(position);
}
