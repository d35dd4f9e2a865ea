import { count, listed } from '../command-line/words.ts';

/** `shardId-000000000012` as people say it: `12`. Another id stays whole. */
export function shortShard(shardId: string): string {
  return numberOf(shardId) ?? shardId;
}

/** `shard 3`, or `2 shards (3, 4)`. Of many shards it names the first ones. */
export function namedShards(shardIds: readonly string[]): string {
  const names = shardIds.map(shortShard);
  return names.length === 1 ? `shard ${names[0]}` : `${count(names.length, 'shard')} (${listed(names)})`;
}

/**
 * The shard that a person means by its id or by its number. The end of an id is not enough: shard 11 may be there when
 * shard 1 has left the stream.
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
  return shardId === text || (/^\d+$/.test(text) && numberOf(shardId) === withoutZeros(text));
}

/** The shard with this id, or else the shards with this number. Empty if no shard fits. */
export function shardsFor(text: string, shardIds: readonly string[]): readonly string[] {
  return shardIds.includes(text) ? [text] : shardIds.filter((id) => isShard(text, id));
}

/** Undefined if the id has no number. */
function numberOf(shardId: string): string | undefined {
  const digits = /^shardId-(\d+)$/.exec(shardId)?.[1];
  return digits === undefined ? undefined : withoutZeros(digits);
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '');
}
