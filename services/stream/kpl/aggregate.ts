import { hash } from 'node:crypto';
import protobuf from 'protobufjs/minimal.js';
import type { PutEntry } from '../client/stream-client.ts';
import type { StreamRecord } from '../record.ts';
import { hexHashKey } from './hash-ranges.ts';

/** First bytes of an aggregate: https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md */
const MAGIC = [0xf3, 0x89, 0x9a, 0xc2] as const;
const DIGEST_BYTES = 16;

/** Field numbers of the protobuf message AggregatedRecord. */
const FIELDS = { keys: 1, hashKeys: 2, parts: 3 } as const;
/** Field numbers of its message Record. `key` and `hashKey` are indices into the lists of the aggregate. */
const PART_FIELDS = { key: 1, hashKey: 2, data: 3 } as const;
/** Limit of Kinesis for a partition key. Kinesis does not check the keys inside an aggregate. */
const MAXIMUM_KEY_CHARACTERS = 256;
const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Bytes of an aggregate that do not belong to a part. */
export const AGGREGATE_OVERHEAD_BYTES = MAGIC.length + DIGEST_BYTES;

/** The most bytes that an entry adds to an aggregate: its data, its key if new, and 24 bytes for tags, lengths and index. */
export function partBytes(partitionKey: string, data: Uint8Array): number {
  return data.length + Buffer.byteLength(partitionKey) + 24;
}

/** The data of one record that holds all entries, in order, each under its own partition key. */
export function aggregate(entries: readonly PutEntry[]): Uint8Array {
  const indices = new Map<string, number>();
  for (const { partitionKey } of entries) {
    if (!indices.has(partitionKey)) indices.set(partitionKey, indices.size);
  }
  const writer = protobuf.Writer.create();
  for (const key of indices.keys()) writer.uint32(tag(FIELDS.keys, LENGTH_DELIMITED)).string(key);
  for (const { partitionKey, data } of entries) {
    writer.uint32(tag(FIELDS.parts, LENGTH_DELIMITED)).fork();
    writer.uint32(tag(PART_FIELDS.key, VARINT)).uint32(indices.get(partitionKey) ?? 0);
    writer.uint32(tag(PART_FIELDS.data, LENGTH_DELIMITED)).bytes(data);
    writer.ldelim();
  }
  const message = writer.finish();
  return Buffer.concat([Buffer.from(MAGIC), message, hash('md5', message, 'buffer')]);
}

/**
 * Opens the aggregates of the Kinesis Producer Library. Their records get consecutive sub-sequence numbers.
 * If no record is an aggregate, the same array is returned.
 * @param isOwn true if a hash key, of 32 hex digits, belongs to the shard. Parts with other hash keys are left out. A
 * producer with an old list of shards may put a part into the wrong shard; it then puts the part again.
 */
export function openAggregates(
  records: readonly StreamRecord[],
  isOwn: (hashKey: string) => boolean = () => true,
): readonly StreamRecord[] {
  if (!records.some(mayBeAggregate)) return records;
  return records.flatMap((record) => open(record, isOwn) ?? [record]);
}

/** True if the record begins as an aggregate does. */
export function mayBeAggregate({ data }: Pick<StreamRecord, 'data'>): boolean {
  return data[0] === MAGIC[0] && data[1] === MAGIC[1] && data[2] === MAGIC[2] && data[3] === MAGIC[3];
}

/** Undefined if the record is not an aggregate. Any producer may put data that begins with the same bytes. */
function open(record: StreamRecord, isOwn: (hashKey: string) => boolean): StreamRecord[] | undefined {
  const { data } = record;
  if (!mayBeAggregate(record) || data.length < MAGIC.length + DIGEST_BYTES) return undefined;
  const message = data.subarray(MAGIC.length, -DIGEST_BYTES);
  const digest = Buffer.from(data.subarray(-DIGEST_BYTES)).toString('hex');
  if (hash('md5', message) !== digest) return undefined;
  const content = decodeOrUndefined(message);
  return content?.parts.flatMap((part, index) => {
    const key = usableKey(content.keys[part.key]);
    const hashKey = explicitHashKey(content.hashKeys[part.hashKey]) ?? (key && hash('md5', key));
    // A part with neither a usable key nor a hash key cannot be assigned to a shard, so it is kept.
    if (hashKey !== undefined && !isOwn(hashKey)) return [];
    return {
      data: part.data,
      partitionKey: key ?? record.partitionKey,
      sequenceNumber: record.sequenceNumber,
      subSequenceNumber: index,
      arrivalMilliseconds: record.arrivalMilliseconds,
    };
  });
}

function usableKey(key: string | undefined): string | undefined {
  return key !== undefined && key.length >= 1 && key.length <= MAXIMUM_KEY_CHARACTERS ? key : undefined;
}

/** Undefined if `text` is not a decimal number. */
function explicitHashKey(text: string | undefined): string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? hexHashKey(text) : undefined;
}

interface Part {
  readonly key: number;
  /** -1 if the part has no explicit hash key. */
  readonly hashKey: number;
  readonly data: Uint8Array;
}

interface Content {
  readonly keys: readonly string[];
  readonly hashKeys: readonly string[];
  readonly parts: readonly Part[];
}

function decodeOrUndefined(message: Uint8Array): Content | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}

function decode(message: Uint8Array): Content {
  const reader = protobuf.Reader.create(message);
  const keys: string[] = [];
  const hashKeys: string[] = [];
  const parts: Part[] = [];
  while (reader.pos < reader.len) {
    const next = reader.uint32();
    if (next >>> 3 === FIELDS.keys) keys.push(reader.string());
    else if (next >>> 3 === FIELDS.hashKeys) hashKeys.push(reader.string());
    else if (next >>> 3 === FIELDS.parts) parts.push(decodePart(reader, reader.uint32()));
    else reader.skipType(next & 7);
  }
  return { keys, hashKeys, parts };
}

function decodePart(reader: protobuf.Reader, length: number): Part {
  const end = reader.pos + length;
  let key = 0;
  let hashKey = -1;
  let data: Uint8Array = new Uint8Array();
  while (reader.pos < end) {
    const next = reader.uint32();
    if (next >>> 3 === PART_FIELDS.key) key = reader.uint32();
    else if (next >>> 3 === PART_FIELDS.hashKey) hashKey = reader.uint32();
    else if (next >>> 3 === PART_FIELDS.data) data = reader.bytes();
    else reader.skipType(next & 7);
  }
  return { key, hashKey, data };
}

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}
