import type { Checkpoint } from '../../services/stream/checkpoint.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { isTime, parseTime } from './time-option.ts';

/** What `--to` may say. LATEST becomes a time only when the change is made. */
export type Position = Exclude<Checkpoint, { kind: 'shard_end' }> | { readonly kind: 'latest' };

/** The record that a person names. */
export interface NamedRecord {
  readonly sequenceNumber: string;
  readonly subSequenceNumber?: number;
}

export const POSITION_FORMS =
  'TRIM_HORIZON, LATEST, a time such as 2026-01-31T12:00:00Z, or <sequence>[:<sub>]';

/** Sequence numbers of Kinesis have 56 digits. A longer text is a mistake. */
const SEQUENCE = /^(\d{1,128})(?::(\d{1,9}))?$/;

/** @throws UsageError that names the option, the value and the rule */
export function parsePosition(option: string, text: string): Position {
  if (text === 'TRIM_HORIZON') return { kind: 'trim_horizon' };
  if (text === 'LATEST') return { kind: 'latest' };
  if (isTime(text)) return { kind: 'timestamp', atMilliseconds: parseTime(option, text) };
  const record = parseRecord(text);
  if (record === undefined) throw new UsageError(`${option} ${text}: must be ${POSITION_FORMS}`);
  return { kind: 'record', ...record };
}

/** The record of `<sequence>` or `<sequence>:<sub>`. Undefined if the text has neither form. */
export function parseRecord(text: string): NamedRecord | undefined {
  const [, sequenceNumber, sub] = SEQUENCE.exec(text) ?? [];
  if (sequenceNumber === undefined) return undefined;
  return sub === undefined ? { sequenceNumber } : { sequenceNumber, subSequenceNumber: Number(sub) };
}
