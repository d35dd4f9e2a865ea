/**
 * How carefully a shard is read. `none`: batches of all shards run side by side. `batches`: one batch of the process at a
 * time, and the lease names the batch. `records`: one record of the process at a time, and the lease names the record.
 */
export type Care = 'none' | 'batches' | 'records';

/**
 * The care that a shard needs, by the number of its unclean ends. Before the last attempt the lease must name what is in
 * hand. Otherwise every shard of a pod that one record crashes would count as suspect.
 * @param attempts unclean ends after which records are tried alone. 0 or less: never
 */
export function careFor(uncleanEnds: number, attempts: number): Care {
  if (attempts <= 0 || uncleanEnds <= 0) return 'none';
  if (uncleanEnds >= attempts) return 'records';
  return uncleanEnds === attempts - 1 ? 'batches' : 'none';
}
