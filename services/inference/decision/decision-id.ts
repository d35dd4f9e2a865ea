import { hash, randomUUID } from 'node:crypto';
import type { Batch, StreamRecord } from '../../stream/record.ts';

// Namespace of RFC 9562, section 5.5. Any UUID will do, but it must never change.
const NAMESPACE = Buffer.from('6f1d3c0a9b5e4d7c8a2f4e6b1c3d5f70', 'hex');
const VARIANTS = '89ab';

/**
 * UUIDv5 of a record's position: `<stream>/<shard>/<sequence number>/<sub-sequence number>`.
 * A retry of the same record gives the same id. A record without a sequence number gets a random id.
 */
export function decisionId(batch: Batch, record: StreamRecord): string {
  if (record.sequenceNumber === '') return randomUUID();
  return uuidV5(`${batch.stream}/${batch.shardId}/${record.sequenceNumber}/${record.subSequenceNumber}`);
}

let scratch = Buffer.concat([NAMESPACE, Buffer.alloc(512)]);

function uuidV5(name: string): string {
  const atMostBytes = NAMESPACE.length + name.length * 3;
  if (atMostBytes > scratch.length) scratch = Buffer.concat([NAMESPACE, Buffer.alloc(atMostBytes)]);
  const length = scratch.write(name, NAMESPACE.length);
  const hex = hash('sha1', scratch.subarray(0, NAMESPACE.length + length), 'hex');
  const variant = VARIANTS[Number.parseInt(hex.charAt(16), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
