import type { NewMember, ShardLease } from '../lease/shard-lease.ts';
import { careFor } from '../shard/care.ts';
import { isOneRecord } from '../shard/record-position.ts';

/**
 * The lease as its new owner stores it. If the last owner neither gave the shard up nor handed it over, it crashed, was
 * killed, or could not renew its lease. That counts, unless the lease shows that no record was in hand. `trying` stays only
 * if it names the one record that becomes a dead letter.
 */
export function takenLease<T extends ShardLease>(lease: T, { name }: NewMember, attempts: number): T {
  const uncleanEnds = countedEnds(lease, attempts);
  // If a person removed the owner, that process may still live, and its record is no suspect.
  const isSuspect = lease.owner !== undefined || lease.released;
  const condemned = isSuspect && careFor(uncleanEnds, attempts) === 'records' && isOneRecord(lease.trying);
  return {
    ...lease,
    owner: name,
    handOffTo: undefined,
    released: false,
    epoch: lease.epoch + 1,
    uncleanEnds,
    trying: condemned ? lease.trying : undefined,
  };
}

function countedEnds({ owner, released, uncleanEnds, trying }: ShardLease, attempts: number): number {
  if (released || owner === undefined) return uncleanEnds;
  const wasNamed = careFor(uncleanEnds, attempts) !== 'none';
  return wasNamed && trying === undefined ? uncleanEnds : uncleanEnds + 1;
}
