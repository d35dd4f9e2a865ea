import { type Checkpoint, formatCheckpoint } from '../../services/stream/checkpoint.ts';
import { shortTime } from '../command-line/words.ts';
import type { SeenLease } from './group-leases.ts';
import type { ShardView } from './shard-view.ts';

/**
 * What follows if a shard with a lease is read on elsewhere, one sentence each: what is decided again, what is never read,
 * and who gives the shard up.
 * @param throughMilliseconds time up to which all is done at the new position. 0 if unknown.
 */
export function effectsOf(
  view: ShardView,
  lease: SeenLease,
  to: Checkpoint,
  throughMilliseconds: number,
): string[] {
  return [...recordEffects(lease, to, throughMilliseconds), ...ownerEffect(view)];
}

function recordEffects(lease: SeenLease, to: Checkpoint, throughMilliseconds: number): string[] {
  switch (directionOf(lease, to, throughMilliseconds)) {
    case 'none':
      return [];
    case 'back':
      return ['Records that were decided are decided again, under the same decision_id.'];
    case 'ahead':
      return [`Every record in between is skipped: no decision, no dead letter. ${throughText(lease)}`];
    case 'end':
      return [`Every record that is not done is skipped: no decision, no dead letter. ${throughText(lease)}`];
    case 'unknown':
      return ['Records in between are decided again, or skipped without a decision and a dead letter.'];
  }
}

function directionOf(
  lease: SeenLease,
  to: Checkpoint,
  throughMilliseconds: number,
): 'none' | 'back' | 'ahead' | 'end' | 'unknown' {
  const { checkpoint: from, doneThroughMilliseconds, owner } = lease;
  const isSame = formatCheckpoint(from) === formatCheckpoint(to);
  // An owner may be ahead of what it has stored.
  if (isSame && (owner === undefined || to.kind === 'shard_end')) return 'none';
  if (to.kind === 'shard_end') return 'end';
  if (isSame || to.kind === 'trim_horizon' || from.kind === 'shard_end') return 'back';
  if (from.kind === 'trim_horizon') return 'ahead';
  if (from.kind === 'record' && to.kind === 'record') {
    const distance = BigInt(to.sequenceNumber) - BigInt(from.sequenceNumber);
    if (distance !== 0n) return distance < 0n ? 'back' : 'ahead';
    // Without a sub-sequence number the whole aggregate is done.
    const sub = (at: typeof from) => at.subSequenceNumber ?? Number.POSITIVE_INFINITY;
    return sub(to) < sub(from) ? 'back' : 'ahead';
  }
  const known = from.kind === 'timestamp' ? from.atMilliseconds : doneThroughMilliseconds;
  if (known === 0 || throughMilliseconds === 0) return 'unknown';
  return throughMilliseconds < known ? 'back' : 'ahead';
}

function throughText({ doneThroughMilliseconds: through }: SeenLease): string {
  return through > 0
    ? `All records until ${shortTime(through)} UTC are done.`
    : 'How far it is done is not known.';
}

function ownerEffect({ lease, state }: ShardView): string[] {
  if (state !== 'reading' && state !== 'held') return [];
  return lease?.owner === undefined
    ? []
    : [`${lease.owner} gives the shard up at once, and the group goes on from there.`];
}
