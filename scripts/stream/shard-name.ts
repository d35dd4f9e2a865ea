/** `shardId-000000000012` as people say it: `12`. Another id stays whole. */
export function shortShard(shardId: string): string {
  return /^shardId-0*([1-9]\d*|0)$/.exec(shardId)?.[1] ?? shardId;
}

/**
 * The shard that a person means by its id, by its number, or by the end of its id.
 * @throws Error if no shard or more than one shard fits
 */
export function findShard(text: string, shardIds: readonly string[]): string {
  const fits = [
    (id: string) => id === text,
    (id: string) => shortShard(id) === text.replace(/^0+(?=\d)/, ''),
    (id: string) => id.endsWith(text),
  ];
  for (const fit of fits) {
    const found = shardIds.filter(fit);
    if (found.length === 1) return found[0] as string;
    if (found.length > 1) throw new Error(`${text} may be ${found.join(' or ')}: give the whole shard id`);
  }
  const known = shardIds.map(shortShard).join(', ');
  throw new Error(`there is no shard ${text}: the stream and its leases have ${known || 'none'}`);
}
