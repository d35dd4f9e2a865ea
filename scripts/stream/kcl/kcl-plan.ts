import type { Checkpoint } from '../../../services/stream/checkpoint.ts';
import type { Shard } from '../../../services/stream/client/stream-client.ts';
import { Refusal } from '../../command-line/usage-error.ts';
import { count, listed } from '../../command-line/words.ts';
import type { Position } from '../position-option.ts';
import { namedShards } from '../shard-name.ts';
import { assertNoGap, type ImportGap } from './import-gap.ts';
import type { KclCheckpoint, KclLease } from './kcl-lease.ts';
import { assertFit } from './misfit.ts';

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
  const present = new Map(shards.map((shard) => [shard.shardId, shard]));
  assertFit([...own.values()], present);
  const gone = [...own.keys()].filter((shardId) => !present.has(shardId));
  if (gone.length > 0)
    notes.push(`Done and no longer in the stream, so no lease is needed: ${namedShards(gone)}.`);
  const kin = new Kinship(shards, own);
  const pending = [...own.values()].filter(({ hasPending }) => hasPending).length;
  if (pending > 0)
    notes.push(
      `${count(pending, 'lease')} with a prepared checkpoint. Like the KCL, the group starts at the checkpoint before it.`,
    );
  const starts = shards.map((shard) => {
    const lease = own.get(shard.shardId);
    return lease ? startOf(shard, lease, options) : inherited(shard, kin, options);
  });
  assertNoGap(starts.flatMap((start) => ('gap' in start ? [start] : [])));
  return { shards: starts.flatMap((start) => ('gap' in start ? [] : [start])), notes };
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
        : `the dump has no lease of stream ${stream}, but of ${listed([...others])}: give --stream`,
    );
  if (others.size > 0) notes.push(`Leases of other streams are left out: ${listed([...others])}.`);
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

function startOf(
  shard: Shard,
  { checkpoint }: KclLease,
  { startAt }: ImportOptions,
): ImportedShard | ImportGap {
  switch (checkpoint.kind) {
    case 'record':
      return { shard, checkpoint: recordCheckpoint(checkpoint), reason: 'lease' };
    case 'TRIM_HORIZON':
      return { shard, checkpoint: { kind: 'trim_horizon' }, reason: 'lease' };
    case 'SHARD_END':
      return { shard, checkpoint: { kind: 'shard_end' }, reason: 'lease' };
    case 'LATEST':
    case 'AT_TIMESTAMP':
      return startAt
        ? { shard, checkpoint: startAt, reason: `${checkpoint.kind} in the lease, so --start-at` }
        : { shardId: shard.shardId, gap: checkpoint.kind };
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

/** The position of a shard without a lease. */
function inherited(shard: Shard, kin: Kinship, { startAt }: ImportOptions): ImportedShard | ImportGap {
  // The library removes the lease of a shard once the shard is done and its children are begun.
  if (shard.closed && kin.hasLeasedDescendant(shard))
    return { shard, checkpoint: { kind: 'shard_end' }, reason: 'done: its children have leases' };
  // It makes the lease of a child late. All records of the child are new.
  if (kin.hasLeasedAncestor(shard))
    return { shard, checkpoint: { kind: 'trim_horizon' }, reason: 'child of a shard in the dump' };
  if (startAt) return { shard, checkpoint: startAt, reason: 'not in the dump, so --start-at' };
  return { shardId: shard.shardId, gap: 'absent' };
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
