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
  return sealed(writer.finish());
}

/** An aggregate with this protobuf message, whatever the message is. */
export function sealed(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, Buffer.from(hash('md5', message), 'hex')]);
}

/** A length-delimited field of a protobuf message. */
export function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

/** A number as protobuf writes it. */
export function varint(value: bigint | number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** An aggregate with many parts that have no data: two bytes for each part. */
export function emptyParts(parts: number): Buffer {
  return sealed(
    Buffer.concat([field(1, Buffer.from('k')), Buffer.alloc(parts * 2, Buffer.from([0x1a, 0x00]))]),
  );
}
