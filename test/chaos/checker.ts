/** A record of the output stream. `position` orders the records in time. */
export interface Published {
  readonly position: string;
  readonly key: string;
  readonly number: number;
  readonly decisionId: string;
  readonly shardId: string;
  readonly epoch: number;
}

export interface Verdict {
  readonly violations: readonly string[];
  /** Number of records that were published again with the same decision id. */
  readonly repeats: number;
  /** Number of records that were first published after a later record of their key. Each later record followed again. */
  readonly reorders: number;
}

/**
 * Compares the published records with the sent records: for each key a number of records, counted from 0.
 * The last appearances of a key's records must be in order. A record may overtake an earlier record of its key only if it
 * is published again afterwards. While a shard is read again, no record of a later shard is published.
 * It uses only the streams, and does not know leases, checkpoints or the consumer's code.
 */
export function check(sent: ReadonlyMap<string, number>, published: readonly Published[]): Verdict {
  const violations: string[] = [];
  const inTime = [...published].sort((a, b) => (a.position < b.position ? -1 : 1));
  const byRecord = new Map<string, string>();
  const highestOfKey = new Map<string, number>();
  const shardOfHighest = new Map<string, string>();
  /** Numbers of each key and input shard, in the order of their last appearances. A person may rewind a parent shard. */
  const lastAppearances = new Map<string, Set<number>>();
  const epochs = new Map<string, number>();
  const orderOfShards = new ShardOrder();
  let repeats = 0;
  let reorders = 0;
  for (const { key, number, decisionId, shardId, epoch, position } of inTime) {
    const highest = epochs.get(shardId) ?? 0;
    if (epoch < highest) {
      violations.push(
        `${shardId}: epoch ${epoch} wrote ${key}/${number} at ${position} after epoch ${highest}`,
      );
    }
    epochs.set(shardId, Math.max(highest, epoch));
    violations.push(...orderOfShards.see(key, number, shardId));
    moveToEnd(lastAppearances, `${key} of ${shardId}`, number);
    const record = `${key}/${number}`;
    const known = byRecord.get(record);
    if (known === undefined) {
      byRecord.set(record, decisionId);
      const previous = highestOfKey.get(key) ?? -1;
      if (number < previous) reorders++;
      if (number < previous && shardOfHighest.get(key) !== shardId) {
        violations.push(`${key}: ${number} was published after ${previous}, which is of another shard`);
      }
      if (number > previous) shardOfHighest.set(key, shardId);
      highestOfKey.set(key, Math.max(previous, number));
    } else if (known === decisionId) {
      repeats++;
    } else {
      violations.push(`${record} was published with two decision ids`);
    }
  }
  for (const [id, numbers] of lastAppearances) {
    violations.push(...outOfOrder(id.slice(0, id.indexOf(' of ')), numbers));
  }
  for (const [key, count] of sent) {
    for (let number = 0; number < count; number++) {
      if (!byRecord.has(`${key}/${number}`)) violations.push(`${key}/${number} was lost`);
    }
  }
  return { violations, repeats, reorders };
}

interface ReadShard {
  readonly lowest: number;
  readonly highest: number;
  /** Number of the last appearance. Below `highest`, the shard is being read again. */
  readonly last: number;
}

/**
 * The records of a key come from one shard after another. While an earlier shard is read again, no later shard is read: so
 * the last appearance of an earlier shard is its highest number whenever a later shard appears.
 */
class ShardOrder {
  readonly #shardsOfKey = new Map<string, Map<string, ReadShard>>();

  see(key: string, number: number, shardId: string): string[] {
    const shards = this.#shardsOfKey.get(key) ?? new Map<string, ReadShard>();
    this.#shardsOfKey.set(key, shards);
    const { lowest, highest } = shards.get(shardId) ?? { lowest: number, highest: number };
    const seen = { lowest: Math.min(lowest, number), highest: Math.max(highest, number), last: number };
    shards.set(shardId, seen);
    return [...shards].flatMap(([other, { highest, last }]) =>
      other !== shardId && highest < seen.lowest && last < highest
        ? [`${key}: ${number} of ${shardId} was published while ${other} was read again, from ${last}`]
        : [],
    );
  }
}

function moveToEnd(numbersOfKey: Map<string, Set<number>>, key: string, number: number): void {
  const numbers = numbersOfKey.get(key) ?? new Set();
  numbers.delete(number);
  numbersOfKey.set(key, numbers.add(number));
}

function outOfOrder(key: string, numbers: ReadonlySet<number>): string[] {
  let previous = -1;
  return [...numbers].flatMap((number) => {
    const violation = `${key}: ${number} was published after ${previous}, and ${previous} did not follow again`;
    const isInOrder = number > previous;
    previous = number;
    return isInOrder ? [] : [violation];
  });
}
