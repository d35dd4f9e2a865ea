import { hash } from 'node:crypto';
import { streamArnOf, streamNameOf } from '../../../services/shared/stream-reference.ts';
import { FakeError } from './fake-error.ts';
import { type FakeRecord, fakeRecord } from './fake-record.ts';
import { FakeShard } from './fake-shard.ts';

const KEYS = 2n ** 128n;

/** Names are looked up in the account of the caller. */
export function fakeArn(stream: string): string {
  return streamArnOf(stream) ?? `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`;
}

export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${hash('md5', partitionKey)}`);
}

/** A stream in memory: shards, records and resharding. */
export class FakeStream {
  readonly name: string;
  readonly arn: string;
  readonly createdMilliseconds: number;
  retentionHours = 24;
  readonly #shards = new Map<string, FakeShard>();
  readonly #now: () => number;
  #sequence = 0;
  #created = 0;

  /** @param stream name or ARN */
  constructor(stream: string, shards: number, now: () => number) {
    this.name = streamNameOf(stream);
    this.arn = fakeArn(stream);
    this.#now = now;
    this.createdMilliseconds = now();
    const width = KEYS / BigInt(shards);
    for (let index = 0n; index < BigInt(shards); index++) {
      const end = index === BigInt(shards) - 1n ? KEYS - 1n : (index + 1n) * width - 1n;
      this.#addShard([], index * width, end);
    }
  }

  get shards(): readonly FakeShard[] {
    return [...this.#shards.values()];
  }

  get openShards(): readonly FakeShard[] {
    return this.shards.filter((shard) => shard.endSequence === undefined);
  }

  /** @throws ResourceNotFoundException */
  shard(shardId: string): FakeShard {
    const shard = this.#shards.get(shardId);
    if (shard) return shard;
    throw new FakeError(
      'ResourceNotFoundException',
      `Shard ${shardId} in stream ${this.name} under account 000000000000 does not exist`,
    );
  }

  shardFor(partitionKey: string, explicitHashKey?: string): FakeShard {
    const hashKey = explicitHashKey === undefined ? hashKeyOf(partitionKey) : BigInt(explicitHashKey);
    return this.openShards.find((shard) => shard.covers(hashKey)) as FakeShard;
  }

  put(shard: FakeShard, partitionKey: string, dataBase64: string): FakeRecord {
    const record = fakeRecord(this.#nextSequence(), this.#now(), partitionKey, dataBase64);
    shard.append(record);
    return record;
  }

  split(shardId: string, startHash: bigint): void {
    const parent = this.#openShard(shardId);
    const { span } = parent;
    this.#close(
      [parent],
      [
        [span.startHash, startHash - 1n],
        [startHash, span.endHash],
      ],
    );
  }

  merge(shardId: string, adjacentShardId: string): void {
    const parents = [this.#openShard(shardId), this.#openShard(adjacentShardId)].sort((a, b) =>
      a.span.startHash < b.span.startHash ? -1 : 1,
    );
    const [low, high] = parents as [FakeShard, FakeShard];
    if (low.span.endHash + 1n !== high.span.startHash) {
      throw new FakeError(
        'InvalidArgumentException',
        `Shards ${shardId} and ${adjacentShardId} are not adjacent`,
      );
    }
    this.#close(parents, [[low.span.startHash, high.span.endHash]]);
  }

  /** Forgets a closed shard. Kinesis does so when the last record of the shard has expired. */
  forget(shardId: string): void {
    this.#shards.delete(shardId);
  }

  #close(parents: readonly FakeShard[], ranges: readonly (readonly [bigint, bigint])[]): void {
    for (const parent of parents) parent.close(this.#nextSequence());
    const ids = parents.map((parent) => parent.span.shardId);
    for (const [start, end] of ranges) {
      const child = this.#addShard(ids, start, end);
      for (const parent of parents) parent.children.push(child.span.shardId);
    }
  }

  #openShard(shardId: string): FakeShard {
    const shard = this.shard(shardId);
    if (shard.endSequence === undefined) return shard;
    throw new FakeError('InvalidArgumentException', `Shard ${shardId} in stream ${this.name} is closed`);
  }

  #addShard(parents: readonly string[], startHash: bigint, endHash: bigint): FakeShard {
    const shardId = `shardId-${String(this.#created++).padStart(12, '0')}`;
    const shard = new FakeShard({
      shardId,
      parents,
      startHash,
      endHash,
      startSequence: this.#nextSequence(),
    });
    this.#shards.set(shardId, shard);
    return shard;
  }

  /** A decimal of 56 digits, as on Kinesis. It grows over all shards of the stream. */
  #nextSequence(): string {
    return `49${String(++this.#sequence).padStart(54, '0')}`;
  }
}
