import { hash } from 'node:crypto';
import protobuf from 'protobufjs/minimal.js';

export interface AggregatedPart {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** What the Kinesis Producer Library puts for these records. */
export function kplAggregate(parts: readonly AggregatedPart[]): Buffer {
  const keys = [...new Set(parts.map((part) => part.partitionKey))];
  const writer = protobuf.Writer.create();
  for (const key of keys) writer.uint32(0x0a).string(key);
  for (const { partitionKey, data } of parts) {
    writer.uint32(0x1a).fork();
    writer.uint32(0x08).uint64(keys.indexOf(partitionKey));
    writer.uint32(0x1a).bytes(data);
    writer.ldelim();
  }
  const message = writer.finish();
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, Buffer.from(hash('md5', message), 'hex')]);
}
