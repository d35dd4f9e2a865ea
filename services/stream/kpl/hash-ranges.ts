import { hash } from 'node:crypto';
import type { HashRange, Shard } from '../client/stream-client.ts';

interface Range {
  readonly shardId: string;
  /** First and last hash key, in the format of hexHashKey. */
  readonly start: string;
  readonly end: string;
}

/** Finds the shard of a partition key, from the result of one ListShards. */
export class HashRanges {
  readonly #byShard: ReadonlyMap<string, Range>;
  /** Open shards, ordered by hash key. */
  readonly #open: readonly Range[];

  constructor(shards: readonly Shard[]) {
    const ranges = shards.map(({ shardId, hashRange }) => ({
      shardId,
      start: hexHashKey(hashRange.start),
      end: hexHashKey(hashRange.end),
    }));
    const closed = new Set(shards.filter((shard) => shard.closed).map(({ shardId }) => shardId));
    this.#byShard = new Map(ranges.map((range) => [range.shardId, range]));
    this.#open = ranges
      .filter(({ shardId }) => !closed.has(shardId))
      .sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  /** The open shard that takes the key. Undefined in the middle of a reshard. */
  shardOf(partitionKey: string): string | undefined {
    const key = hash('md5', partitionKey);
    let low = 0;
    let high = this.#open.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (key >= (this.#open[middle] as Range).start) low = middle;
      else high = middle - 1;
    }
    const range = this.#open[low];
    return range && contains(range, key) ? range.shardId : undefined;
  }

  /** True if the key belongs to the shard, even if the shard is closed by now. False for an unknown shard. */
  holds(shardId: string, partitionKey: string): boolean {
    const range = this.#byShard.get(shardId);
    return range !== undefined && contains(range, hash('md5', partitionKey));
  }
}

/** Returns a test for hash keys in the format of hexHashKey: true if the key is in the range. */
export function inHashRange(range: HashRange): (hashKey: string) => boolean {
  const start = hexHashKey(range.start);
  const end = hexHashKey(range.end);
  return (hashKey) => contains({ start, end }, hashKey);
}

/** A hash key as 32 hex digits, the format of an MD5 sum. Texts of this format sort like their numbers. */
export function hexHashKey(decimal: string): string {
  return BigInt(decimal).toString(16).padStart(32, '0');
}

function contains({ start, end }: Pick<Range, 'start' | 'end'>, key: string): boolean {
  return key >= start && key <= end;
}
