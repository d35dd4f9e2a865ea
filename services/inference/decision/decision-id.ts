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
  shard.be(batch.stream, batch.shardId);
  return shard.uuidV5(`${record.sequenceNumber}/${record.subSequenceNumber}`);
}

/** Names that start with one shard. The start is written once for all records that follow each other. */
class ShardNames {
  #stream = '';
  #shardId = '';
  #bytes = Buffer.concat([NAMESPACE, Buffer.alloc(512)]);
  #start = NAMESPACE.length;

  be(stream: string, shardId: string): void {
    if (stream === this.#stream && shardId === this.#shardId) return;
    this.#stream = stream;
    this.#shardId = shardId;
    const name = `${stream}/${shardId}/`;
    this.#reserve(NAMESPACE.length, name);
    this.#start = NAMESPACE.length + this.#bytes.write(name, NAMESPACE.length);
  }

  uuidV5(end: string): string {
    this.#reserve(this.#start, end);
    const length = this.#start + this.#bytes.write(end, this.#start);
    const hex = hash('sha1', this.#bytes.subarray(0, length), 'hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant(hex.charCodeAt(16))}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }

  /** Makes place for `text` in UTF-8 after the first `kept` bytes. */
  #reserve(kept: number, text: string): void {
    const atMostBytes = kept + text.length * 3;
    if (atMostBytes <= this.#bytes.length) return;
    this.#bytes = Buffer.concat([this.#bytes.subarray(0, kept), Buffer.alloc(text.length * 3)]);
  }
}

const shard = new ShardNames();

/** The two lowest bits of a hexadecimal digit after the variant bits 10. The digits after 9 start one code too low. */
function variant(digit: number): string {
  return VARIANTS.charAt((digit < 0x3a ? digit : digit + 1) & 3);
}
