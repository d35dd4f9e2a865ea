import type { Checkpoint } from '../../services/stream/checkpoint.ts';
import { UsageError } from './usage-error.ts';

/** What `--to` may say. LATEST becomes a time only when the change is made. */
export type Position = Exclude<Checkpoint, { kind: 'shard_end' }> | { readonly kind: 'latest' };

export const POSITION_FORMS =
  'TRIM_HORIZON, LATEST, a time such as 2026-01-31T12:00:00Z, or <sequence>[:<sub>]';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$/;
/** Sequence numbers of Kinesis have 56 digits. A longer text is a mistake. */
const SEQUENCE = /^(\d{1,128})(?::(\d{1,9}))?$/;

/** @throws UsageError */
export function parsePosition(option: string, text: string): Position {
  if (text === 'TRIM_HORIZON') return { kind: 'trim_horizon' };
  if (text === 'LATEST') return { kind: 'latest' };
  if (TIME.test(text)) return { kind: 'timestamp', atMilliseconds: parseTime(option, text) };
  const [, sequenceNumber, sub] = SEQUENCE.exec(text) ?? [];
  if (sequenceNumber === undefined) throw new UsageError(`${option} ${text}: must be ${POSITION_FORMS}`);
  return sub === undefined
    ? { kind: 'record', sequenceNumber }
    : { kind: 'record', sequenceNumber, subSequenceNumber: Number(sub) };
}

/** @throws UsageError */
export function parseTime(option: string, text: string): number {
  const milliseconds = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(milliseconds))
    throw new UsageError(`${option} ${text}: must be a time with its zone, such as 2026-01-31T12:00:00Z`);
  return milliseconds;
}
