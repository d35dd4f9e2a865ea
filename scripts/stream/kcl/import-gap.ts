import { Refusal } from '../../command-line/usage-error.ts';
import { count, listed } from '../../command-line/words.ts';
import { shortShard } from '../shard-name.ts';

/** Why the dump does not say where to start a shard. */
const GAPS = {
  LATEST: 'at LATEST',
  AT_TIMESTAMP: 'at AT_TIMESTAMP, without the time',
  absent: 'not in the dump',
} as const;

export interface ImportGap {
  readonly shardId: string;
  readonly gap: keyof typeof GAPS;
}

/** @throws Refusal that names every shard for which the dump does not say where to start */
export function assertNoGap(gaps: readonly ImportGap[]): void {
  if (gaps.length === 0) return;
  const reasons = Object.entries(GAPS).flatMap(([gap, words]) => {
    const shards = gaps.filter((it) => it.gap === gap).map(({ shardId }) => shortShard(shardId));
    return shards.length === 0 ? [] : [`${listed(shards)} ${words}`];
  });
  throw new Refusal(
    `the dump does not say where to start ${count(gaps.length, 'shard')}: ${reasons.join('; ')}. Give --start-at with the time from which records are wanted, or --start-at TRIM_HORIZON`,
  );
}
