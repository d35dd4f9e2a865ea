import type { StoredLease } from './shard-lease.ts';

/**
 * What a new state of a lease means for the group. `none`: the state was known. `renewal`: the owner lives and made
 * progress, so nobody has to act at once. `news`: everything else.
 */
export type LeaseChange = 'none' | 'renewal' | 'news';

export function leaseChange(before: StoredLease | undefined, after: StoredLease): LeaseChange {
  if (before === undefined) return 'news';
  if (before.version === after.version) return 'none';
  // A person who moves a position renews nothing. The owner, if it lives, must notice at once.
  const isRenewal =
    before.renewal !== after.renewal &&
    before.owner === after.owner &&
    before.handOffTo === after.handOffTo &&
    before.released === after.released &&
    before.epoch === after.epoch &&
    before.createdMilliseconds === after.createdMilliseconds &&
    isEnd(before) === isEnd(after);
  return isRenewal ? 'renewal' : 'news';
}

function isEnd({ checkpoint }: StoredLease): boolean {
  return checkpoint.kind === 'shard_end';
}
