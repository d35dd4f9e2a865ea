/** A lease as the Kinesis Client Library stores it. */
export interface KclItem {
  readonly leaseKey: string;
  readonly checkpoint: string;
  readonly checkpointSubSequenceNumber?: number;
  readonly [attribute: string]: string | number | readonly string[] | undefined;
}

/** The attributes that every version of the library writes. */
export function kclItem(leaseKey: string, checkpoint: string, sub = 0, more: object = {}): KclItem {
  return {
    leaseKey,
    leaseCounter: 1234,
    leaseOwner: 'worker-1',
    ownerSwitchesSinceCheckpoint: 0,
    checkpoint,
    checkpointSubSequenceNumber: sub,
    ...more,
  };
}

/** The item with the type of each attribute, as `aws dynamodb scan` prints it. */
export function typed(item: KclItem): object {
  const entries = Object.entries(item).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value === 'string') return [name, { S: value }];
      return [name, typeof value === 'number' ? { N: String(value) } : { SS: value }];
    }),
  );
}

/** The output of `aws dynamodb scan`. */
export function scanOutput(items: readonly KclItem[]): string {
  const page = {
    Items: items.map(typed),
    Count: items.length,
    ScannedCount: items.length,
    ConsumedCapacity: null,
  };
  return JSON.stringify(page, null, 4);
}
