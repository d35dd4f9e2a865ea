import type { HashRange } from '../client/stream-client.ts';

const KEYS = 2n ** 128n;

/** Part of the hash key space that none of the ranges covers, from 0 to 1. More than 0: some keys are read by nobody. */
export function hashRangeGap(ranges: readonly HashRange[]): number {
  const sorted = ranges
    .map(({ start, end }) => ({ start: BigInt(start), end: BigInt(end) }))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  let covered = 0n;
  let next = 0n;
  for (const { start, end } of sorted) {
    const from = start > next ? start : next;
    if (end < from) continue;
    covered += end - from + 1n;
    next = end + 1n;
  }
  // In parts per billion, as a ratio of such numbers is not exact as a float.
  return Number(((KEYS - covered) * 1_000_000_000n) / KEYS) / 1e9;
}
