import type { FakeStream } from '../support/kinesis-fake/fake-stream.ts';
import { type AggregatedPart, kplAggregate } from '../support/stream/kpl-aggregate.ts';
import { hostilePayload, POISON } from './hostile-payload.ts';

const KEYS = 24;
const PARTS = 12;

/**
 * Puts numbered records of many keys on a stream, and counts the records of each key. Some travel in aggregates, also in
 * the shard of another key. Hostile payloads travel among them, each under a key of its own.
 */
export class Producer {
  readonly sent = new Map<string, number>();
  /** Keys of the payloads that must become dead letters. */
  readonly hostile: string[] = [];
  readonly #stream: FakeStream;
  readonly #random: () => number;
  #foreign = 0;

  constructor(stream: FakeStream, random: () => number) {
    this.#stream = stream;
    this.#random = random;
  }

  put(count: number): void {
    for (let index = 0; index < count; index++) {
      const { partitionKey, data } = this.#next(`key-${Math.floor(this.#random() * KEYS)}`);
      this.#append(partitionKey, data);
    }
  }

  /** Puts an aggregate: records of one shard, in order, and one record whose key belongs to any shard. */
  putAggregate(): void {
    const keys = Array.from({ length: KEYS }, (_, index) => `key-${index}`);
    const outer = keys[Math.floor(this.#random() * KEYS)] as string;
    const shard = this.#stream.shardFor(outer);
    const own = keys.filter((key) => this.#stream.shardFor(key) === shard);
    const parts = Array.from({ length: PARTS }, () =>
      this.#next(own[Math.floor(this.#random() * own.length)] as string),
    );
    this.#append(outer, kplAggregate([...parts, this.#next(`foreign-${this.#foreign++}`)]));
  }

  putHostile(): void {
    const key = `hostile-${this.hostile.length}`;
    this.hostile.push(key);
    this.#append(key, hostilePayload(this.#random));
  }

  /** Puts a record that holds the event loop of every process that works on it. */
  putPoison(): void {
    const key = `${POISON}-${this.hostile.length}`;
    this.hostile.push(key);
    this.#append(key, Buffer.from(POISON));
  }

  get total(): number {
    return [...this.sent.values()].reduce((sum, count) => sum + count, 0) + this.hostile.length;
  }

  #next(partitionKey: string): AggregatedPart {
    const number = this.sent.get(partitionKey) ?? 0;
    this.sent.set(partitionKey, number + 1);
    return { partitionKey, data: Buffer.from(`${partitionKey}/${number}`) };
  }

  #append(partitionKey: string, data: Uint8Array): void {
    const stream = this.#stream;
    stream.put(stream.shardFor(partitionKey), partitionKey, Buffer.from(data).toString('base64'));
  }
}
