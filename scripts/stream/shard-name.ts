import { count, listed } from './words.ts';

/** `shardId-000000000012` as people say it: `12`. Another id stays whole. */
export function shortShard(shardId: string): string {
  return /^shardId-0*([1-9]\d*|0)$/.exec(shardId)?.[1] ?? shardId;
}

/** `shard 3`, or `2 shards (3, 4)`. Of many shards it names the first ones. */
export function namedShards(shardIds: readonly string[]): string {
  const names = shardIds.map(shortShard);
  return names.length === 1 ? `shard ${names[0]}` : `${count(names.length, 'shard')} (${listed(names)})`;
}

/**
 * The shard that a person means by its id, by its number, or by the end of its id.
 * @throws Error if no shard or more than one shard fits
 */
export function findShard(text: string, shardIds: readonly string[]): string {
  const [found, ...others] = shardsFor(text, shardIds);
  if (found === undefined)
    throw new Error(
      `there is no shard ${text}: the stream and its leases have ${listed(shardIds.map(shortShard)) || 'none'}`,
    );
  if (others.length > 0)
    throw new Error(`${text} may be ${listed([found, ...others])}: give the whole shard id`);
  return found;
}

/** True if the text is the id of the shard, or its number. */
export function isShard(text: string, shardId: string): boolean {
  return shardId === text || shortShard(shardId) === text.replace(/^0+(?=\d)/, '');
}

/** The shards that a person may mean. Empty if no shard fits. */
export function shardsFor(text: string, shardIds: readonly string[]): readonly string[] {
  const fits = [
    (id: string) => id === text,
    (id: string) => isShard(text, id),
    (id: string) => text !== '' && id.endsWith(text),
  ];
  for (const fit of fits) {
    const found = shardIds.filter(fit);
    if (found.length > 0) return found;
  }
  return [];
}
