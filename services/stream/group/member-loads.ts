/** A member is relieved by weight only if it has more than this part above its share. Below that, the loads may be noise. */
const TOLERANCE = 0.2;
/** Two loads that differ by less than this part of the share are equal, however many shards they are made of. */
const TRIFLE = 0.05;
/** A move must lower the greater of the two loads by this part of the shard's weight. */
const GAIN = 0.5;

interface Load {
  readonly member: string;
  readonly shardIds: string[];
  weight: number;
}

interface Move {
  readonly from: Load;
  readonly to: Load;
  readonly shardId: string;
}

/** The shards of each member while a plan is made. Equal loads are told apart by name, so that every member plans alike. */
export class MemberLoads {
  readonly #weights: ReadonlyMap<string, number>;
  readonly #loads: ReadonlyMap<string, Load>;

  constructor(members: readonly string[], weights: ReadonlyMap<string, number>) {
    this.#weights = weights;
    this.#loads = new Map(
      members.toSorted().map((member) => [member, { member, shardIds: [], weight: 0 }] as const),
    );
  }

  add(member: string, shardId: string): void {
    const load = this.#loads.get(member);
    load?.shardIds.push(shardId);
    if (load !== undefined) load.weight += this.#weight(shardId);
  }

  /** The one of `members` with the least to do. Undefined if there is none. */
  least(members: readonly string[]): string | undefined {
    return this.#of(members)[0]?.member;
  }

  /**
   * Moves shards between `members`, one after the other, for as long as a move is clearly worth it.
   * @param staying shards that stay where they are
   */
  balance(members: readonly string[], staying: ReadonlySet<string>): void {
    const share = this.#share(members);
    const next = () => this.#bestMove(members, share, staying);
    for (let move = next(); move; move = next()) {
      const { from, to, shardId } = move;
      const weight = this.#weight(shardId);
      from.shardIds.splice(from.shardIds.indexOf(shardId), 1);
      from.weight -= weight;
      to.shardIds.push(shardId);
      to.weight += weight;
    }
  }

  /** The member of each shard. */
  owners(): ReadonlyMap<string, string> {
    return new Map(
      [...this.#loads.values()].flatMap(({ member, shardIds }) =>
        shardIds.map((shardId) => [shardId, member] as const),
      ),
    );
  }

  /** The loads of `members`, the least first. */
  #of(members: readonly string[]): Load[] {
    return members
      .flatMap((member) => this.#loads.get(member) ?? [])
      .sort(
        (a, b) => a.weight - b.weight || a.shardIds.length - b.shardIds.length || byText(a.member, b.member),
      );
  }

  #weight(shardId: string): number {
    return this.#weights.get(shardId) ?? 0;
  }

  /** A move to the member with the least to do, from the member with the most to do that can be relieved. */
  #bestMove(members: readonly string[], share: number, staying: ReadonlySet<string>): Move | undefined {
    const [to, ...others] = this.#of(members);
    if (to === undefined) return undefined;
    for (const from of others.reverse()) {
      const shardId = this.#worthMoving(from, to, share, staying);
      if (shardId !== undefined) return { from, to, shardId };
    }
    return undefined;
  }

  /** The shard whose move makes the greater of both loads least, if that is clearly worth a move. */
  #worthMoving(from: Load, to: Load, share: number, staying: ReadonlySet<string>): string | undefined {
    const gap = from.weight - to.weight;
    const isHeavy = from.weight > share * (1 + TOLERANCE);
    const hasMore = from.shardIds.length > to.shardIds.length + 1 && gap > share * TRIFLE;
    let best: string | undefined;
    let bestGain = 0;
    for (const shardId of from.shardIds) {
      if (staying.has(shardId)) continue;
      const weight = this.#weight(shardId);
      const gain = Math.min(weight, gap - weight);
      // A member with more shards of about the same weight is relieved at once, but never until it has less to do.
      const isWorth = isHeavy ? gain >= weight * GAIN : hasMore && gain >= weight;
      if (!isWorth || gain < bestGain || (gain === bestGain && best !== undefined && shardId < best))
        continue;
      best = shardId;
      bestGain = gain;
    }
    return best;
  }

  /** The fair share of a member, apart from shards that alone are more than the share of all that is left. */
  #share(members: readonly string[]): number {
    const weights = this.#of(members)
      .flatMap(({ shardIds }) => shardIds.map((shardId) => this.#weight(shardId)))
      .sort((a, b) => b - a);
    let left = weights.reduce((sum, weight) => sum + weight, 0);
    let sharers = members.length;
    for (const weight of weights) {
      if (sharers === 1 || weight <= left / sharers) break;
      left -= weight;
      sharers--;
    }
    return left / sharers;
  }
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
