/** A shard that may be read now: not done, its parents done. */
export interface PlannedShard {
  readonly shardId: string;
  /** Live owner; undefined where anybody may take the shard. */
  readonly owner: string | undefined;
}

export interface PlannedMember {
  readonly name: string;
  readonly revision: string;
  readonly joinedMilliseconds: number;
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
 */
export function plan({ shards, members, settling }: PlanInput): ReadonlyMap<string, string> {
  const revision = newestRevision(members);
  const rollingOut = members.some((member) => member.revision !== revision);
  const takers = members
    .filter((member) => member.revision === revision)
    .map((member) => member.name)
    .sort();
  const owned = new Map(members.map((member) => [member.name, [] as string[]]));
  const orphans: string[] = [];
  for (const { shardId, owner } of [...shards].sort((a, b) => (a.shardId < b.shardId ? -1 : 1))) {
    const list = owner === undefined ? undefined : owned.get(owner);
    if (list) list.push(shardId);
    else if (owner === undefined) orphans.push(shardId);
  }
  const surplus = rollingOut || settling ? [] : takeSurplus(owned, takers, orphans.length);
  const target = new Map<string, string>();
  for (const [name, list] of owned) for (const shardId of list) target.set(shardId, name);
  for (const shardId of [...orphans, ...surplus].sort()) {
    const taker = leastLoaded(takers, owned);
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
