import { hash } from 'node:crypto';
import type { HashRange, Shard } from '../client/stream-client.ts';

interface Range {
  readonly shardId: string;
  /** Of hexHashKey. */
  readonly start: string;
  readonly end: string;
}

/** Which shard of a stream has which partition keys, as of one ListShards. */
export class HashRanges {
  readonly #byShard: ReadonlyMap<string, Range>;
  /** In order. */
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

  /** The open shard that takes the key; undefined in the middle of a reshard. */
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

  /** Whether the key belongs to the shard, which may be closed by now; false for a shard that is not known. */
  holds(shardId: string, partitionKey: string): boolean {
    const range = this.#byShard.get(shardId);
    return range !== undefined && contains(range, hash('md5', partitionKey));
  }
}

/** Tells of hash keys, as hexHashKey gives them, whether they are in the range. */
export function inHashRange(range: HashRange): (hashKey: string) => boolean {
  const start = hexHashKey(range.start);
  const end = hexHashKey(range.end);
  return (hashKey) => contains({ start, end }, hashKey);
}

/** A hash key as MD5 is written, of 32 hex digits: their order is that of the numbers. */
export function hexHashKey(decimal: string): string {
  return BigInt(decimal).toString(16).padStart(32, '0');
}

function contains({ start, end }: Pick<Range, 'start' | 'end'>, key: string): boolean {
  return key >= start && key <= end;
}
