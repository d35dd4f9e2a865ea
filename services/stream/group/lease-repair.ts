import type { Shard } from '../client/stream-client.ts';
import { type ShardLease, type StoredLease, unreadLease } from '../lease/shard-lease.ts';

/** An older lease does not name its stream. Its times come from the clock of another machine. */
const TOLERATED_MILLISECONDS = 5 * 60_000;
/** A lease that is read on by time reads this much again, because its time may be a little ahead. */
const REPEATED_MILLISECONDS = 60_000;

/** What is known of the stream now. */
export interface StreamFacts {
  /** 0 if unknown. */
  readonly streamCreatedMilliseconds: number;
  readonly nowMilliseconds: number;
}

export interface LeaseRepair {
  /**
   * `recreated`: the lease is of a stream that was deleted, and another stream has its name. `reopened`: the lease says that
   * the shard has ended, but the shard takes records.
   */
  readonly reason: 'recreated' | 'reopened';
  readonly before: StoredLease;
  readonly after: StoredLease;
}

/**
 * True if the lease holds the position of another stream than the stream that was made at this time. Its sequence numbers
 * mean nothing here.
 */
export function isOfAnotherStream(lease: ShardLease, streamCreatedMilliseconds: number): boolean {
  if (streamCreatedMilliseconds === 0) return false;
  if (lease.streamCreatedMilliseconds !== 0) {
    return lease.streamCreatedMilliseconds !== streamCreatedMilliseconds;
  }
  // No record was done, and no lease was made, before the stream was there.
  const lastSeen = Math.max(lease.doneThroughMilliseconds, lease.createdMilliseconds);
  return lastSeen > 0 && lastSeen < streamCreatedMilliseconds - TOLERATED_MILLISECONDS;
}

/**
 * The lease that must replace a lease which contradicts the stream. Undefined if it contradicts nothing.
 * @param shard undefined if the stream has no such shard
 */
export function repairOf(
  before: StoredLease,
  shard: Shard | undefined,
  facts: StreamFacts,
): LeaseRepair | undefined {
  const isDone = before.checkpoint.kind === 'shard_end';
  if (isOfAnotherStream(before, facts.streamCreatedMilliseconds)) {
    if (shard !== undefined) return { reason: 'recreated', before, after: renewed(before, shard, facts) };
    return isDone ? undefined : { reason: 'recreated', before, after: retired(before, facts) };
  }
  if (!isDone || shard === undefined || shard.closed) return undefined;
  return { reason: 'reopened', before, after: reopened(before) };
}

/** A shard of the new stream. None of its records was read. */
function renewed(before: StoredLease, shard: Shard, facts: StreamFacts): StoredLease {
  const { version, renewal } = before;
  const epoch = before.epoch + 1;
  return {
    ...unreadLease({ ...shard, epoch, checkpoint: { kind: 'trim_horizon' } }),
    createdMilliseconds: facts.nowMilliseconds,
    streamCreatedMilliseconds: facts.streamCreatedMilliseconds,
    version,
    renewal,
  };
}

/** Its owner, if it lives, loses a lease that is taken, but restores a lease that is removed. So it is removed later. */
function retired(before: StoredLease, { streamCreatedMilliseconds }: StreamFacts): StoredLease {
  return { ...taken(before), checkpoint: { kind: 'shard_end' }, streamCreatedMilliseconds };
}

/** The end of a shard keeps no sequence number, but the time through which the shard was read. */
function reopened(before: StoredLease): StoredLease {
  const atMilliseconds = before.doneThroughMilliseconds - REPEATED_MILLISECONDS;
  return {
    ...taken(before),
    checkpoint: atMilliseconds > 0 ? { kind: 'timestamp', atMilliseconds } : { kind: 'trim_horizon' },
  };
}

function taken(before: StoredLease): StoredLease {
  return {
    ...before,
    owner: undefined,
    handOffTo: undefined,
    released: true,
    epoch: before.epoch + 1,
    uncleanEnds: 0,
    trying: undefined,
  };
}
