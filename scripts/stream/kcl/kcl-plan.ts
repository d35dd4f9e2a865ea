import type { Checkpoint } from '../../../services/stream/checkpoint.ts';
import type { Shard } from '../../../services/stream/client/stream-client.ts';
import type { Position } from '../position-option.ts';
import { shortShard } from '../shard-name.ts';
import { Refusal } from '../usage-error.ts';
import { count } from '../words.ts';
import type { KclCheckpoint, KclLease } from './kcl-lease.ts';

export interface ImportedShard {
  readonly shard: Shard;
  readonly checkpoint: Checkpoint;
  /** Where the checkpoint comes from. */
  readonly reason: string;
}

export interface ImportPlan {
  /** One for each shard of the stream, in the order of the stream. */
  readonly shards: readonly ImportedShard[];
  /** What a person should know. */
  readonly notes: readonly string[];
}

export interface ImportOptions {
  /** Name of the stream. */
  readonly stream: string;
  /** Account of the stream. Undefined if unknown. */
  readonly account: string | undefined;
  /** When the stream was made, in milliseconds since the epoch. 0 if unknown. */
  readonly streamCreatedMilliseconds: number;
  /** Start of shards for which the dump has no position. Undefined: such a shard is refused. */
  readonly startAt: Exclude<Position, { kind: 'latest' | 'record' }> | undefined;
}

/** Where the group must start to go on exactly where the Kinesis Client Library stopped. @throws Refusal */
export function planImport(
  leases: readonly KclLease[],
  shards: readonly Shard[],
  options: ImportOptions,
): ImportPlan {
  const notes: string[] = [];
  const own = ownLeases(leases, options, notes);
  const listed = new Map(shards.map((shard) => [shard.shardId, shard]));
  for (const lease of own.values()) assertFits(lease, listed.get(lease.shardId), notes);
  const kin = new Kinship(shards, own);
  const pending = [...own.values()].filter(({ hasPending }) => hasPending).length;
  if (pending > 0)
    notes.push(
      `${count(pending, 'lease')} with a prepared checkpoint. Like the KCL, the group starts at the checkpoint before it.`,
    );
  return {
    shards: shards.map((shard) => {
      const lease = own.get(shard.shardId);
      const [checkpoint, reason] = lease ? positionOf(lease, options) : inherited(shard, kin, options);
      return { shard, checkpoint, reason };
    }),
    notes,
  };
}

/** Leases of our stream, by shard. @throws Refusal */
function ownLeases(
  leases: readonly KclLease[],
  { stream, account, streamCreatedMilliseconds }: ImportOptions,
  notes: string[],
): ReadonlyMap<string, KclLease> {
  const isOwn = ({ stream: its }: KclLease) =>
    its === undefined || (its.name === stream && (account === undefined || its.account === account));
  const own = leases.filter(isOwn);
  const others = new Set(leases.filter((lease) => !isOwn(lease)).map((lease) => nameOf(lease.stream)));
  if (own.length === 0)
    throw new Refusal(
      others.size === 0
        ? 'the dump has no lease'
        : `the dump has no lease of stream ${stream}, but of ${[...others].join(', ')}: give --stream`,
    );
  if (others.size > 0) notes.push(`Leases of other streams are left out: ${[...others].join(', ')}.`);
  const byShard = new Map<string, KclLease>();
  for (const lease of own) {
    const created = (lease.stream?.createdSeconds ?? 0) * 1000;
    if (created > 0 && streamCreatedMilliseconds > 0 && Math.abs(created - streamCreatedMilliseconds) >= 1000)
      throw new Refusal(
        `the dump is of a stream ${stream} made ${new Date(created).toISOString()}, but ${stream} was made ${new Date(streamCreatedMilliseconds).toISOString()}: its positions mean nothing here`,
      );
    if (byShard.has(lease.shardId))
      throw new Refusal(`the dump has two leases of ${lease.shardId}: dump the table again`);
    byShard.set(lease.shardId, lease);
  }
  return byShard;
}

function nameOf(stream: KclLease['stream']): string {
  return stream === undefined ? '' : `${stream.name} of account ${stream.account}`;
}

/** @throws Refusal if the lease cannot be of this stream */
function assertFits(
  { shardId, checkpoint, hashRange }: KclLease,
  shard: Shard | undefined,
  notes: string[],
): void {
  const isDone = checkpoint.kind === 'SHARD_END';
  const name = `shard ${shortShard(shardId)}`;
  if (shard === undefined && isDone)
    return void notes.push(`${name} is done and left the stream. It needs no lease.`);
  if (shard === undefined)
    throw new Refusal(
      `${name} of the dump is not in the stream: the dump is of another stream, or the shard's unread records are deleted. Remove its item from the dump to go on without it`,
    );
  if (isDone && !shard.closed)
    throw new Refusal(
      `${name} is at SHARD_END in the dump, but open in the stream: the dump is of another stream`,
    );
  if (hashRange && (hashRange.start !== shard.hashRange.start || hashRange.end !== shard.hashRange.end))
    throw new Refusal(
      `${name} has another hash range in the dump than in the stream: the dump is of another stream`,
    );
}

/** @throws Refusal */
function positionOf(
  { shardId, checkpoint }: KclLease,
  { startAt }: ImportOptions,
): readonly [Checkpoint, string] {
  switch (checkpoint.kind) {
    case 'record':
      return [recordCheckpoint(checkpoint), 'lease'];
    case 'TRIM_HORIZON':
      return [{ kind: 'trim_horizon' }, 'lease'];
    case 'SHARD_END':
      return [{ kind: 'shard_end' }, 'lease'];
    case 'LATEST':
    case 'AT_TIMESTAMP':
      if (startAt) return [startAt, `${checkpoint.kind} in the lease, so --start-at`];
      throw new Refusal(
        `shard ${shortShard(shardId)} is at ${checkpoint.kind} in the dump: no record of it is done, and the dump does not say from when on records are wanted. Give --start-at with that time, or --start-at TRIM_HORIZON`,
      );
  }
}

/**
 * The library goes on after this part of the record, so the sub-sequence number stays, even if it is 0. Without it the whole
 * aggregate would count as done.
 */
function recordCheckpoint({
  sequenceNumber,
  subSequenceNumber,
}: Extract<KclCheckpoint, { kind: 'record' }>): Checkpoint {
  return { kind: 'record', sequenceNumber, subSequenceNumber };
}

/** The position of a shard without a lease. @throws Refusal */
function inherited(shard: Shard, kin: Kinship, { startAt }: ImportOptions): readonly [Checkpoint, string] {
  // The library removes the lease of a shard once the shard is done and its children are begun.
  if (shard.closed && kin.hasLeasedDescendant(shard))
    return [{ kind: 'shard_end' }, 'done: its children have leases'];
  // It makes the lease of a child late. All records of the child are new.
  if (kin.hasLeasedAncestor(shard)) return [{ kind: 'trim_horizon' }, 'child of a shard in the dump'];
  if (startAt) return [startAt, 'not in the dump, so --start-at'];
  throw new Refusal(
    `shard ${shortShard(shard.shardId)} of the stream is not in the dump: give --start-at with the time from which its records are wanted, or --start-at TRIM_HORIZON`,
  );
}

/** Which shards come from which, through any number of reshards. */
class Kinship {
  readonly #byId: ReadonlyMap<string, Shard>;
  readonly #leased: ReadonlyMap<string, unknown>;
  /** Shards with a descendant that has a lease. */
  readonly #above: ReadonlySet<string>;

  constructor(shards: readonly Shard[], leased: ReadonlyMap<string, unknown>) {
    this.#byId = new Map(shards.map((shard) => [shard.shardId, shard]));
    this.#leased = leased;
    this.#above = new Set(
      shards.filter(({ shardId }) => leased.has(shardId)).flatMap((it) => this.#ancestors(it)),
    );
  }

  hasLeasedDescendant({ shardId }: Shard): boolean {
    return this.#above.has(shardId);
  }

  /** True also if the lease of the ancestor was removed because the ancestor is done. */
  hasLeasedAncestor(shard: Shard): boolean {
    return this.#ancestors(shard).some((id) => this.#leased.has(id) || this.#above.has(id));
  }

  #ancestors(shard: Shard): string[] {
    const found = new Set<string>();
    const next = [...shard.parents];
    for (let id = next.pop(); id !== undefined; id = next.pop()) {
      if (found.has(id)) continue;
      found.add(id);
      next.push(...(this.#byId.get(id)?.parents ?? []));
    }
    return [...found];
  }
}
