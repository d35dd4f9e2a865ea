import { hash } from 'node:crypto';
import protobuf from 'protobufjs/minimal.js';
import { LENGTH_DELIMITED, VARINT } from '../../shared/message-reader.ts';
import type { PutEntry } from '../client/stream-client.ts';
import { DIGEST_BYTES, FIELDS, MAGIC, PART_FIELDS } from './aggregate-format.ts';

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

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}
