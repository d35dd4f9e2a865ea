/** A shard that may be read now: it is not done, and its parents are. */
export interface PlannedShard {
  readonly shardId: string;
  /** Live owner. Undefined if the shard may be taken. */
  readonly owner: string | undefined;
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
 * A shard stays with its owner unless the owner has more than its fair share. Members of two revisions mean that a
 * rollout is under way. Then no shard is moved, and shards without an owner go only to the newest revision. So each shard
 * moves once, not at every step of the rollout.
 *
 * Give an expired lease to a member that has watched for a full lease duration, even if it runs an older revision. A
 * replacement pod cannot see the expiry yet. It has the fewest shards, so they would wait for another lease duration.
 *
 * Shards of a draining member always move. If all members drain, these shards and those without an owner have no target.
 */
export function plan({ shards, members, settling }: PlanInput): ReadonlyMap<string, string> {
  const staying = members.filter((member) => !member.draining);
  const revision = newestRevision(staying);
  const rollingOut = staying.some((member) => member.revision !== revision);
  const takers = staying
    .filter((member) => member.revision === revision)
    .map((member) => member.name)
    .sort();
  const witnesses = witnessesAmong(staying, revision);
  const owned = new Map(members.map((member) => [member.name, [] as string[]]));
  const orphans: string[] = [];
  const expired = new Set(shards.filter((shard) => shard.expired).map((shard) => shard.shardId));
  for (const { shardId, owner } of [...shards].sort((a, b) => (a.shardId < b.shardId ? -1 : 1))) {
    const list = owner === undefined ? undefined : owned.get(owner);
    if (list) list.push(shardId);
    else if (owner === undefined) orphans.push(shardId);
  }
  for (const { name } of members.filter((member) => member.draining))
    orphans.push(...(owned.get(name)?.splice(0) ?? []));
  const surplus = rollingOut || settling ? [] : takeSurplus(owned, takers, orphans.length);
  const target = new Map<string, string>();
  for (const [name, list] of owned) for (const shardId of list) target.set(shardId, name);
  for (const shardId of [...orphans, ...surplus].sort()) {
    const taker = leastLoaded(expired.has(shardId) && witnesses.length > 0 ? witnesses : takers, owned);
    if (taker === undefined) break;
    owned.get(taker)?.push(shardId);
    target.set(shardId, taker);
  }
  return target;
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
  return (newest.length > 0 ? newest : all).map((member) => member.name).sort();
}

/** Takes the shards above the fair share from each member. If shards remain over, the members with the most keep them. */
function takeSurplus(
  owned: ReadonlyMap<string, string[]>,
  takers: readonly string[],
  orphans: number,
): string[] {
  const total = orphans + takers.reduce((sum, name) => sum + (owned.get(name)?.length ?? 0), 0);
  const share = Math.floor(total / takers.length);
  let odd = total % takers.length;
  const byLoad = [...takers].sort((a, b) => (owned.get(b)?.length ?? 0) - (owned.get(a)?.length ?? 0));
  const surplus: string[] = [];
  for (const name of byLoad) {
    const list = owned.get(name) ?? [];
    const quota = odd > 0 && list.length > share ? share + 1 : share;
    if (quota > share) odd--;
    surplus.push(...list.splice(quota));
  }
  return surplus;
}

function leastLoaded(takers: readonly string[], owned: ReadonlyMap<string, string[]>): string | undefined {
  const load = (name: string) => owned.get(name)?.length ?? 0;
  return takers.reduce<string | undefined>(
    (least, name) => (least === undefined || load(name) < load(least) ? name : least),
    undefined,
  );
}
