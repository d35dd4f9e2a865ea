import { LENGTH_DELIMITED, MessageReader, VARINT } from '../../shared/message-reader.ts';
import { FIELDS, PART_FIELDS } from './aggregate-format.ts';

/**
 * Limits of an aggregate. The Kinesis Producer Library packs up to 50 KiB by default; 1 MiB with 10,000 parts leaves 100
 * bytes a part. An opened part takes hundreds of bytes of memory, however small its data is.
 */
export const AGGREGATE_LIMITS = {
  parts: 10_000,
  keys: 10_000,
  hashKeys: 10_000,
  /** Digits of 2^128 - 1, the largest hash key. */
  hashKeyDigits: 39,
} as const;

const LARGEST_HASH_KEY = String(2n ** 128n - 1n);

/** A part of an aggregate. Its data is not copied. */
interface AggregatePart {
  /** Index of the partition key. Any number is possible, also one beyond the list of keys. */
  readonly key: number;
  /** Index of the explicit hash key. -1 if the part has none. */
  readonly hashKey: number;
  readonly data: Uint8Array;
}

export interface AggregateContent {
  /** Partition keys, in UTF-8. */
  readonly keys: readonly Uint8Array[];
  /** Explicit hash keys as texts of at most 39 characters. Those that are decimal numbers are below 2^128. */
  readonly hashKeys: readonly string[];
  readonly parts: readonly AggregatePart[];
}

/** The aggregate is beyond a limit. The message names the limit and the value. */
export class AggregateTooLarge extends Error {
  override readonly name = 'AggregateTooLarge';
}

/**
 * Reads the protobuf message of an aggregate. The limits are checked before anything is allocated.
 * @throws MalformedMessage, AggregateTooLarge
 */
export function readContent(message: Uint8Array): AggregateContent {
  assertWithinLimits(message);
  const keys: Uint8Array[] = [];
  const hashKeys: string[] = [];
  const parts: AggregatePart[] = [];
  for (const reader = new MessageReader(message); reader.next(); ) {
    if (reader.wireType !== LENGTH_DELIMITED) continue;
    const bytes = message.subarray(reader.start, reader.start + reader.value);
    if (reader.field === FIELDS.keys) keys.push(bytes);
    else if (reader.field === FIELDS.hashKeys) hashKeys.push(readHashKey(bytes));
    else if (reader.field === FIELDS.parts) parts.push(readPart(bytes));
  }
  return { keys, hashKeys, parts };
}

function assertWithinLimits(message: Uint8Array): void {
  const count = { keys: 0, hashKeys: 0, parts: 0 };
  let hashKeyDigits = 0;
  for (const reader = new MessageReader(message); reader.next(); ) {
    if (reader.wireType !== LENGTH_DELIMITED) continue;
    if (reader.field === FIELDS.keys) count.keys++;
    else if (reader.field === FIELDS.parts) count.parts++;
    else if (reader.field === FIELDS.hashKeys) {
      count.hashKeys++;
      hashKeyDigits = Math.max(hashKeyDigits, reader.value);
    }
  }
  assertAtMost(AGGREGATE_LIMITS.parts, count.parts, 'records');
  assertAtMost(AGGREGATE_LIMITS.keys, count.keys, 'partition keys');
  assertAtMost(AGGREGATE_LIMITS.hashKeys, count.hashKeys, 'hash keys');
  assertAtMost(AGGREGATE_LIMITS.hashKeyDigits, hashKeyDigits, 'digits in a hash key');
}

function assertAtMost(limit: number, value: number, what: string): void {
  if (value > limit)
    throw new AggregateTooLarge(`the KPL aggregate has ${value} ${what}: the limit is ${limit}`);
}

function readHashKey(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (isDecimal(text) && text.padStart(AGGREGATE_LIMITS.hashKeyDigits, '0') > LARGEST_HASH_KEY)
    throw new AggregateTooLarge(`the KPL aggregate has the hash key ${text}: the limit is 2^128 - 1`);
  return text;
}

function readPart(message: Uint8Array): AggregatePart {
  let key = 0;
  let hashKey = -1;
  let data = message.subarray(0, 0);
  for (const reader = new MessageReader(message); reader.next(); ) {
    const { field, wireType, value, start } = reader;
    if (field === PART_FIELDS.key && wireType === VARINT) key = value;
    else if (field === PART_FIELDS.hashKey && wireType === VARINT) hashKey = value;
    else if (field === PART_FIELDS.data && wireType === LENGTH_DELIMITED)
      data = message.subarray(start, start + value);
  }
  return { key, hashKey, data };
}

/** True if the text is a decimal number. */
export function isDecimal(text: string): boolean {
  return /^\d+$/.test(text);
}
