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
}

/**
 * Compares the published records with the sent records: for each key a number of records, counted from 0.
 * It uses only the streams, and does not know leases, checkpoints or the consumer's code.
 */
export function check(sent: ReadonlyMap<string, number>, published: readonly Published[]): Verdict {
  const violations: string[] = [];
  const inTime = [...published].sort((a, b) => (a.position < b.position ? -1 : 1));
  const byRecord = new Map<string, string>();
  const last = new Map<string, number>();
  const epochs = new Map<string, number>();
  let repeats = 0;
  for (const { key, number, decisionId, shardId, epoch, position } of inTime) {
    const highest = epochs.get(shardId) ?? 0;
    if (epoch < highest) {
      violations.push(
        `${shardId}: epoch ${epoch} wrote ${key}/${number} at ${position} after epoch ${highest}`,
      );
    }
    epochs.set(shardId, Math.max(highest, epoch));
    const record = `${key}/${number}`;
    const known = byRecord.get(record);
    if (known === undefined) {
      byRecord.set(record, decisionId);
      const previous = last.get(key) ?? -1;
      if (number < previous) violations.push(`${key}: ${number} was published after ${previous}`);
      last.set(key, Math.max(previous, number));
    } else if (known === decisionId) {
      repeats++;
    } else {
      violations.push(`${record} was published with two decision ids`);
    }
  }
  for (const [key, count] of sent) {
    for (let number = 0; number < count; number++) {
      if (!byRecord.has(`${key}/${number}`)) violations.push(`${key}/${number} was lost`);
    }
  }
  return { violations, repeats };
}
