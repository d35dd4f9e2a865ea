/** A shard that may be read now: not done, its parents done. */
export interface PlannedShard {
  readonly shardId: string;
  /** Live owner; undefined where the shard may be taken. */
  readonly owner: string | undefined;
  /** Without an owner because its lease ran out, not because it was given up. */
  readonly expired: boolean;
}

export interface PlannedMember {
  readonly name: string;
  readonly revision: string;
  readonly joinedMilliseconds: number;
  /** Has watched for as long as a lease lasts: until then, it cannot tell which ones have run out. */
  readonly seesExpiry: boolean;
}

export interface PlanInput {
  readonly shards: readonly PlannedShard[];
  readonly members: readonly PlannedMember[];
  /** Members come or go at the moment: place what has no owner, move nothing. */
  readonly settling: boolean;
}

/**
 * Who should read which shard. The same input gives the same plan in every member, so that nobody has to lead.
 *
 * Sticky: a shard stays where it is unless its owner has more than its fair share. While members of two revisions live,
 * a rollout is under way: nothing is moved then, and shards without an owner go to the newest revision alone,
 * so that a shard moves once, not at every step.
 *
 * A lease that ran out goes to a member that can see so by now, were it of an older revision: the pod that replaces a
 * crashed one has the fewest shards, and would let them wait for a lease's duration of its own.
 */
export function plan({ shards, members, settling }: PlanInput): ReadonlyMap<string, string> {
  const revision = newestRevision(members);
  const rollingOut = members.some((member) => member.revision !== revision);
  const takers = members
    .filter((member) => member.revision === revision)
    .map((member) => member.name)
    .sort();
  const witnesses = witnessesAmong(members, revision);
  const owned = new Map(members.map((member) => [member.name, [] as string[]]));
  const orphans: string[] = [];
  const expired = new Set(shards.filter((shard) => shard.expired).map((shard) => shard.shardId));
  for (const { shardId, owner } of [...shards].sort((a, b) => (a.shardId < b.shardId ? -1 : 1))) {
    const list = owner === undefined ? undefined : owned.get(owner);
    if (list) list.push(shardId);
    else if (owner === undefined) orphans.push(shardId);
  }
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

/** That of the member that joined last: after an undone rollout, the old pods' revision is the newest again. */
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

/** Those that know which leases ran out: of the newest revision, or of any where none of it does. */
function witnessesAmong(members: readonly PlannedMember[], revision: string | undefined): string[] {
  const all = members.filter((member) => member.seesExpiry);
  const newest = all.filter((member) => member.revision === revision);
  return (newest.length > 0 ? newest : all).map((member) => member.name).sort();
}

/** Takes from each member what is above its fair share; the ones that have most keep the odd shards. */
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
