import { MemberLoads } from './member-loads.ts';
import { weigh } from './shard-weights.ts';

/** A shard that may be read now: it is not done, and its parents are. */
export interface PlannedShard {
  readonly shardId: string;
  /** Live owner, or the member to which the owner was asked to give the shard. Undefined if the shard may be taken. */
  readonly owner: string | undefined;
  /** Data that is read from the shard, as its lease says. 0 if unknown. */
  readonly bytesPerSecond: number;
  /** True if the shard has no owner because its lease expired. False if its owner gave it up. */
  readonly expired: boolean;
}

export interface PlannedMember {
  readonly name: string;
  readonly revision: string;
  readonly joinedMilliseconds: number;
  /** True if the member has watched for a full lease duration. Before that, it cannot tell which leases have expired. */
  readonly seesExpiry: boolean;
  /** True if the member gives up its shards and takes none. @default false */
  readonly draining?: boolean;
}

export interface PlanInput {
  readonly shards: readonly PlannedShard[];
  readonly members: readonly PlannedMember[];
  /** True while members come and go. Shards without an owner are then placed, but no shard is moved. */
  readonly settling: boolean;
}

/**
 * Decides which member reads which shard. The same input gives the same plan in every member, so no leader is needed.
 *
 * Members share the weight of the shards: their bytes, and a little for each shard. A shard stays with its owner unless
 * moving it is clearly better. A plan that is made again from its own result moves nothing.
 *
 * Members of two revisions mean that a rollout is under way. Then no shard is moved, and shards without an owner go only to
 * the newest revision. So each shard moves once, not at every step of the rollout.
 *
 * Give an expired lease to a member that has watched for a full lease duration, even if it runs an older revision. A
 * replacement pod cannot see the expiry yet. It has the fewest shards, so they would wait for another lease duration. For
 * the same reason such a shard takes no part in the balance until its new owner has it.
 *
 * Shards of a draining member always move. If all members drain, these shards and those without an owner have no target.
 */
export function plan({ shards, members, settling }: PlanInput): ReadonlyMap<string, string> {
  const staying = members.filter((member) => !member.draining);
  const revision = newestRevision(staying);
  const rollingOut = staying.some((member) => member.revision !== revision);
  const takers = staying.filter((member) => member.revision === revision).map((member) => member.name);
  const witnesses = witnessesAmong(staying, revision);
  const draining = new Set(members.filter((member) => member.draining).map((member) => member.name));
  const weights = weigh(shards);
  const loads = new MemberLoads(
    staying.map(({ name }) => name),
    weights,
  );
  const orphans: PlannedShard[] = [];
  for (const shard of shards.toSorted((a, b) => (a.shardId < b.shardId ? -1 : 1))) {
    if (shard.owner === undefined || draining.has(shard.owner)) orphans.push(shard);
    else loads.add(shard.owner, shard.shardId);
  }
  // The heaviest come first, so that the light shards fill what is left. Equal weights keep their order.
  orphans.sort((a, b) => (weights.get(b.shardId) ?? 0) - (weights.get(a.shardId) ?? 0));
  const witnessed = new Set<string>();
  for (const { shardId, expired } of orphans) {
    const needsWitness = expired && witnesses.length > 0;
    const taker = loads.least(needsWitness ? witnesses : takers);
    if (taker !== undefined) loads.add(taker, shardId);
    if (needsWitness) witnessed.add(shardId);
  }
  if (!rollingOut && !settling) loads.balance(takers, witnessed);
  return loads.owners();
}

/** The revision of the member that joined last. After an undone rollout, this is the old revision again. */
function newestRevision(members: readonly PlannedMember[]): string | undefined {
  return members.reduce<PlannedMember | undefined>(
    (latest, member) =>
      latest === undefined ||
      member.joinedMilliseconds > latest.joinedMilliseconds ||
      (member.joinedMilliseconds === latest.joinedMilliseconds && member.name > latest.name)
        ? member
        : latest,
    undefined,
  )?.revision;
}

/** Members that see which leases have expired: those of the newest revision, or of any revision if there are none. */
function witnessesAmong(members: readonly PlannedMember[], revision: string | undefined): string[] {
  const all = members.filter((member) => member.seesExpiry);
  const newest = all.filter((member) => member.revision === revision);
  return (newest.length > 0 ? newest : all).map((member) => member.name);
}
