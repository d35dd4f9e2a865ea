import { Attributes } from './attributes.ts';
import type { DynamoItem } from './dynamo-items.ts';

/**
 * Where the Kinesis Client Library starts a shard. `record`: the last record that was processed; the library goes on after
 * this part of the aggregate. A record that is no aggregate is its own part 0.
 */
export type KclCheckpoint =
  | { readonly kind: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP' | 'SHARD_END' }
  | { readonly kind: 'record'; readonly sequenceNumber: string; readonly subSequenceNumber: number };

/** A lease of the Kinesis Client Library, versions 1 to 3. */
export interface KclLease {
  readonly shardId: string;
  /** Only a table for many streams says whose shard it is. */
  readonly stream: KclStream | undefined;
  readonly checkpoint: KclCheckpoint;
  /** True if a checkpoint was prepared and not made. The library starts at `checkpoint` all the same. */
  readonly hasPending: boolean;
  /** Undefined before version 2.3. */
  readonly hashRange: { readonly start: string; readonly end: string } | undefined;
}

interface KclStream {
  readonly account: string;
  readonly name: string;
  /** When the stream was made, in seconds since the epoch. */
  readonly createdSeconds: number;
}

const SENTINELS = ['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP', 'SHARD_END'] as const;
const STREAM_KEY = /^(\d{1,20}):([\w.-]{1,128}):(\d{1,12}):(.+)$/;
const DIGITS = /^\d{1,128}$/;

/**
 * The lease of one item. Undefined for an item that version 3 keeps in the same table and that is no lease.
 * @throws Refusal that names the item and the attribute
 */
export function kclLease(item: DynamoItem, number: number): KclLease | undefined {
  const unnamed = new Attributes(item, `item ${number} of the dump`);
  const entity = unnamed.text('entityType');
  if (entity !== undefined && entity !== 'LEASE') return undefined;
  const key = unnamed.text('leaseKey');
  if (key === undefined || key === '')
    return unnamed.refuse('leaseKey', 'the key of a KCL lease; is this another table');
  const attributes = new Attributes(item, `item ${number} of the dump (leaseKey ${key})`);
  const [, account = '', name = '', created, shardId = key] = STREAM_KEY.exec(key) ?? [];
  if (shardId.includes(':'))
    attributes.refuse('leaseKey', '<shard id> or <account>:<stream>:<created>:<shard id>');
  return {
    shardId,
    stream: created === undefined ? undefined : { account, name, createdSeconds: Number(created) },
    checkpoint: checkpointOf(attributes),
    hasPending: (attributes.text('pendingCheckpoint') ?? '') !== '',
    hashRange: rangeOf(attributes),
  };
}

function checkpointOf(attributes: Attributes): KclCheckpoint {
  const text = attributes.text('checkpoint');
  const sentinel = SENTINELS.find((it) => it === text);
  if (sentinel !== undefined) return { kind: sentinel };
  if (text === undefined || !DIGITS.test(text))
    return attributes.refuse('checkpoint', `a sequence number, ${SENTINELS.join(', ')}`);
  // The library reads a missing number as 0.
  const subSequenceNumber = attributes.count('checkpointSubSequenceNumber') ?? 0;
  return { kind: 'record', sequenceNumber: text, subSequenceNumber };
}

function rangeOf(attributes: Attributes): KclLease['hashRange'] {
  const [start, end] = ['startingHashKey', 'endingHashKey'].map((name) => {
    const text = attributes.text(name);
    if (text !== undefined && !/^\d{1,39}$/.test(text))
      attributes.refuse(name, 'a number of at most 39 digits');
    return text;
  });
  return start === undefined || end === undefined ? undefined : { start, end };
}
