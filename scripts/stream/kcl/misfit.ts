import type { Shard } from '../../../services/stream/client/stream-client.ts';
import { Refusal } from '../../command-line/usage-error.ts';
import { namedShards } from '../shard-name.ts';
import type { KclLease } from './kcl-lease.ts';

/** Why a lease cannot be of this stream. */
const MISFITS = {
  absent:
    'not in the stream. The dump is of another stream, or unread records are deleted. To go on without them, remove their items from the dump',
  open: 'at SHARD_END in the dump, but open in the stream. The dump is of another stream',
  range: 'another hash range in the dump than in the stream. The dump is of another stream',
} as const;

/** @throws Refusal that names every lease that cannot be of this stream */
export function assertFit(leases: readonly KclLease[], listed: ReadonlyMap<string, Shard>): void {
  const problems = Object.entries(MISFITS).flatMap(([misfit, words]) => {
    const found = leases.filter((lease) => misfitOf(lease, listed.get(lease.shardId)) === misfit);
    return found.length === 0 ? [] : [`${namedShards(found.map(({ shardId }) => shardId))}: ${words}`];
  });
  if (problems.length > 0) throw new Refusal(problems.join('; '));
}

/** A shard that is done may have left the stream. */
function misfitOf(
  { checkpoint, hashRange }: KclLease,
  shard: Shard | undefined,
): keyof typeof MISFITS | undefined {
  const isDone = checkpoint.kind === 'SHARD_END';
  if (shard === undefined) return isDone ? undefined : 'absent';
  if (isDone && !shard.closed) return 'open';
  const isSame =
    hashRange === undefined ||
    (hashRange.start === shard.hashRange.start && hashRange.end === shard.hashRange.end);
  return isSame ? undefined : 'range';
}
