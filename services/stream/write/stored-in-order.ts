import type { Placement, PutEntry } from '../client/stream-client.ts';

export interface StoredInOrder {
  /** Positions, in the request, of the entries that are stored and follow every earlier entry of their key. */
  readonly positions: readonly number[];
  /** Entries that are stored and must be put again, because they overtook an earlier entry of their key. */
  readonly overtaking: number;
}

/**
 * Judges the answer to a request that holds a key more than once. Kinesis does not promise to store the entries of a
 * request in order, but it tells the sequence number of each. So an entry counts as stored only if all earlier entries
 * of its key are stored and have lower numbers.
 */
export function storedInOrder(entries: readonly PutEntry[], placements: readonly Placement[]): StoredInOrder {
  const lastOfKey = new Map<string, string>();
  const broken = new Set<string>();
  const positions: number[] = [];
  let overtaking = 0;
  for (const [position, { partitionKey }] of entries.entries()) {
    const placement = placements[position];
    if (placement === undefined || 'code' in placement) {
      broken.add(partitionKey);
      continue;
    }
    const last = lastOfKey.get(partitionKey);
    if (broken.has(partitionKey) || (last !== undefined && !isAbove(placement.sequenceNumber, last))) {
      broken.add(partitionKey);
      overtaking++;
      continue;
    }
    lastOfKey.set(partitionKey, placement.sequenceNumber);
    positions.push(position);
  }
  return { positions, overtaking };
}

/** Compares two sequence numbers, which are decimal numbers of up to 129 digits. */
function isAbove(number: string, other: string): boolean {
  return number.length === other.length ? number > other : number.length > other.length;
}
