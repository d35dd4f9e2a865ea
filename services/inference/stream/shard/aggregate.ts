import { hash } from 'node:crypto';
import protobuf from 'protobufjs/minimal.js';
import type { StreamRecord } from '../../record.ts';

/** https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md */
const MAGIC = [0xf3, 0x89, 0x9a, 0xc2] as const;
const DIGEST_BYTES = 16;

/**
 * Opens the aggregates that the Kinesis Producer Library makes. Their records get consecutive sub-sequence numbers.
 * The array that was given comes back where it holds none.
 */
export function openAggregates(records: readonly StreamRecord[]): readonly StreamRecord[] {
  if (!records.some(({ data }) => hasMagic(data))) return records;
  return records.flatMap((record) => open(record) ?? [record]);
}

function hasMagic(data: Uint8Array): boolean {
  return data[0] === MAGIC[0] && data[1] === MAGIC[1] && data[2] === MAGIC[2] && data[3] === MAGIC[3];
}

/** Undefined where it is no aggregate after all: anybody may put bytes that begin as one does. */
function open(record: StreamRecord): StreamRecord[] | undefined {
  const { data } = record;
  if (!hasMagic(data) || data.length < MAGIC.length + DIGEST_BYTES) return undefined;
  const message = data.subarray(MAGIC.length, -DIGEST_BYTES);
  const digest = Buffer.from(data.subarray(-DIGEST_BYTES)).toString('hex');
  if (hash('md5', message) !== digest) return undefined;
  try {
    const { keys, parts } = decode(message);
    return parts.map((part, index) => ({
      data: part.data,
      partitionKey: keys[part.key] ?? record.partitionKey,
      sequenceNumber: record.sequenceNumber,
      subSequenceNumber: index,
      arrivalMilliseconds: record.arrivalMilliseconds,
    }));
  } catch {
    return undefined;
  }
}

interface Part {
  readonly key: number;
  readonly data: Uint8Array;
}

/** AggregatedRecord: 1 partition keys, 2 explicit hash keys, 3 records. */
function decode(message: Uint8Array): { keys: string[]; parts: Part[] } {
  const reader = protobuf.Reader.create(message);
  const keys: string[] = [];
  const parts: Part[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) keys.push(reader.string());
    else if (tag >>> 3 === 3) parts.push(decodePart(reader, reader.uint32()));
    else reader.skipType(tag & 7);
  }
  return { keys, parts };
}

/** Record: 1 index of the partition key, 2 of the explicit hash key, 3 data, 4 tags. */
function decodePart(reader: protobuf.Reader, length: number): Part {
  const end = reader.pos + length;
  let key = 0;
  let data: Uint8Array = new Uint8Array();
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = reader.uint32();
    else if (tag >>> 3 === 3) data = reader.bytes();
    else reader.skipType(tag & 7);
  }
  return { key, data };
}
