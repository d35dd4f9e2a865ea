/** What a shard costs beside its bytes: 64 idle shards take as much of a core as 800,000 bytes a second. */
const IDLE_BYTES_PER_SECOND = 12_500;

export interface WeighedShard {
  readonly shardId: string;
  /** 0 if unknown. */
  readonly bytesPerSecond: number;
}

/** The weight of each shard. A shard of unknown load weighs as much as the others do on average. */
export function weigh(shards: readonly WeighedShard[]): ReadonlyMap<string, number> {
  const known = shards.filter(({ bytesPerSecond }) => bytesPerSecond > 0);
  const sum = known.reduce((total, { bytesPerSecond }) => total + bytesPerSecond, 0);
  const average = known.length > 0 ? Math.round(sum / known.length) : 0;
  return new Map(
    shards.map(({ shardId, bytesPerSecond }) => [
      shardId,
      IDLE_BYTES_PER_SECOND + (bytesPerSecond > 0 ? bytesPerSecond : average),
    ]),
  );
}
