import { hash } from 'node:crypto';
import protobuf from 'protobufjs/minimal.js';

export interface AggregatedPart {
  readonly partitionKey: string;
  /** A decimal number. */
  readonly explicitHashKey?: string;
  readonly data: Uint8Array;
}

/** The bytes that the Kinesis Producer Library puts for these records. */
export function kplAggregate(parts: readonly AggregatedPart[]): Buffer {
  const keys = [...new Set(parts.map((part) => part.partitionKey))];
  const hashKeys = [...new Set(parts.flatMap((part) => part.explicitHashKey ?? []))];
  const writer = protobuf.Writer.create();
  for (const key of keys) writer.uint32(0x0a).string(key);
  for (const hashKey of hashKeys) writer.uint32(0x12).string(hashKey);
  for (const { partitionKey, explicitHashKey, data } of parts) {
    writer.uint32(0x1a).fork();
    writer.uint32(0x08).uint64(keys.indexOf(partitionKey));
    if (explicitHashKey !== undefined) writer.uint32(0x10).uint64(hashKeys.indexOf(explicitHashKey));
    writer.uint32(0x1a).bytes(data);
    writer.ldelim();
  }
  const message = writer.finish();
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, Buffer.from(hash('md5', message), 'hex')]);
}
