import { isShard } from '../shard-name.ts';
import type { DeadLetter } from './dead-letter.ts';

/** Which dead letters to redrive. An absent member does not filter. */
export interface LetterFilter {
  readonly codes?: readonly string[] | undefined;
  readonly fields?: readonly string[] | undefined;
  /** Shard of the input stream, by id or by number. */
  readonly shard?: string | undefined;
  /** First time of rejection, in milliseconds since the epoch. */
  readonly sinceMilliseconds?: number | undefined;
  /** First time of rejection that is too late, in milliseconds since the epoch. */
  readonly untilMilliseconds?: number | undefined;
}

export function matches(filter: LetterFilter, letter: DeadLetter): boolean {
  const {
    codes,
    fields,
    shard,
    sinceMilliseconds = 0,
    untilMilliseconds = Number.POSITIVE_INFINITY,
  } = filter;
  const rejectedAt = Date.parse(letter.rejected_at);
  return (
    (codes === undefined || codes.includes(letter.error.code)) &&
    (fields === undefined || fields.includes(letter.error.field ?? '')) &&
    (shard === undefined || isShard(shard, letter.shard_id)) &&
    rejectedAt >= sinceMilliseconds &&
    rejectedAt < untilMilliseconds
  );
}
