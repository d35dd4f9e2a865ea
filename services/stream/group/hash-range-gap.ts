import type { HashRange } from '../client/stream-client.ts';
import type { StoredLease } from '../lease/shard-lease.ts';

const KEYS = 2n ** 128n;

/** Share of the hash key space that no range covers, from 0 to 1. Above 0, some keys are not read. */
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
  // Divide in parts per billion, because a float cannot hold numbers of this size exactly.
  return Number(((KEYS - covered) * 1_000_000_000n) / KEYS) / 1e9;
}

/** The gap between unfinished shards. It is computed only if these are others than before: shards change seldom. */
export class UnreadGap {
  #unfinished: readonly StoredLease[] = [];
  #gap = hashRangeGap([]);

  of(leases: readonly StoredLease[]): number {
    const unfinished = leases.filter(({ checkpoint }) => checkpoint.kind !== 'shard_end');
    const isKnown =
      unfinished.length === this.#unfinished.length &&
      unfinished.every((lease, index) => isSameShard(lease, this.#unfinished[index]));
    this.#unfinished = unfinished;
    if (!isKnown) this.#gap = hashRangeGap(unfinished.flatMap(({ hashRange }) => hashRange ?? []));
    return this.#gap;
  }
}

/** A stream that is created anew has shards of the same names, with other ranges. */
function isSameShard(lease: StoredLease, before: StoredLease | undefined): boolean {
  return (
    lease.shardId === before?.shardId && lease.streamCreatedMilliseconds === before.streamCreatedMilliseconds
  );
}
