import { hash } from 'node:crypto';
import { MalformedMessage } from '../../shared/message-reader.ts';
import type { GiveUp, StreamRecord } from '../record.ts';
import { type AggregateContent, AggregateTooLarge, isDecimal, readContent } from './aggregate-content.ts';
import { DIGEST_BYTES, MAGIC } from './aggregate-format.ts';
import { hexHashKey } from './hash-ranges.ts';

/** Limit of Kinesis for a partition key. Kinesis does not check the keys inside an aggregate. */
const MAXIMUM_KEY_CHARACTERS = 256;
/** A character takes up to 3 bytes in UTF-8, or 4 bytes for two characters. */
const MAXIMUM_KEY_BYTES = MAXIMUM_KEY_CHARACTERS * 3;
/** Aggregates are opened until this many records are there. The next aggregates are opened after these records. */
const PORTION_RECORDS = 2_000;

/** What becomes of a part: it is decided (`keep`), left out (`drop`), or given up. */
type PartVerdict = 'keep' | 'drop' | GiveUp;

/** Judges a part of an aggregate by its hash key, which has 32 hex digits. */
export type JudgePart = (hashKey: string) => PartVerdict;

const KEEP_ALL: JudgePart = () => 'keep';

/**
 * Opens the aggregates of the Kinesis Producer Library. Their records get consecutive sub-sequence numbers. A part that is
 * left out keeps its number free.
 * An aggregate beyond the limits stays one record, which is given up. Data that only looks like an aggregate stays as it is.
 * @returns portions of about 2,000 records. An aggregate is never split. The array itself if no record is an aggregate.
 */
export function* openInPortions(
  records: readonly StreamRecord[],
  judge: JudgePart = KEEP_ALL,
): Generator<readonly StreamRecord[], void> {
  if (!records.some(mayBeAggregate)) return yield records;
  let portion: StreamRecord[] = [];
  for (const record of records) {
    const opened = open(record, judge);
    if (Array.isArray(opened)) for (const part of opened) portion.push(part);
    else portion.push(opened);
    if (portion.length < PORTION_RECORDS) continue;
    yield portion;
    portion = [];
  }
  yield portion;
}

/** Opens all aggregates at once, and keeps every part. If no record is an aggregate, the same array is returned. */
export function openAggregates(records: readonly StreamRecord[], judge?: JudgePart): readonly StreamRecord[] {
  const [first = [], ...more] = openInPortions(records, judge);
  return more.length === 0 ? first : [first, ...more].flat();
}

/** True if the record begins as an aggregate does. */
export function mayBeAggregate({ data }: Pick<StreamRecord, 'data'>): boolean {
  return data[0] === MAGIC[0] && data[1] === MAGIC[1] && data[2] === MAGIC[2] && data[3] === MAGIC[3];
}

/** The record itself if it is not an aggregate. Any producer may put data that begins with the same bytes. */
function open(record: StreamRecord, judge: JudgePart): StreamRecord[] | StreamRecord {
  const { data } = record;
  if (!mayBeAggregate(record) || data.length < MAGIC.length + DIGEST_BYTES) return record;
  const message = data.subarray(MAGIC.length, -DIGEST_BYTES);
  const digest = Buffer.from(data.subarray(-DIGEST_BYTES)).toString('hex');
  if (hash('md5', message) !== digest) return record;
  try {
    return split(record, readContent(message), judge);
  } catch (error) {
    if (error instanceof MalformedMessage) return record;
    if (!(error instanceof AggregateTooLarge)) throw error;
    return { ...record, giveUp: { code: 'invalid_aggregate', message: error.message } };
  }
}

function split(record: StreamRecord, content: AggregateContent, judge: JudgePart): StreamRecord[] {
  const { sequenceNumber, arrivalMilliseconds } = record;
  const keys = content.keys.map(usableKey);
  const hashKeys = content.hashKeys.map((text) => (isDecimal(text) ? hexHashKey(text) : undefined));
  const keyHashes = new Array<string | undefined>(keys.length);
  const parts: StreamRecord[] = [];
  for (const [subSequenceNumber, part] of content.parts.entries()) {
    const key = keys[part.key];
    if (key !== undefined) keyHashes[part.key] ??= hash('md5', key);
    const hashKey = hashKeys[part.hashKey] ?? keyHashes[part.key];
    // A part with neither a usable key nor a hash key cannot be assigned to a shard, so it is kept.
    const verdict = hashKey === undefined ? 'keep' : judge(hashKey);
    if (verdict === 'drop') continue;
    const opened = {
      data: part.data,
      partitionKey: key ?? record.partitionKey,
      sequenceNumber,
      subSequenceNumber,
      arrivalMilliseconds,
    };
    parts.push(verdict === 'keep' ? opened : { ...opened, giveUp: verdict });
  }
  return parts;
}

/** Undefined if Kinesis would refuse the key. */
function usableKey(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0 || bytes.length > MAXIMUM_KEY_BYTES) return undefined;
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  return key.length <= MAXIMUM_KEY_CHARACTERS ? key : undefined;
}
