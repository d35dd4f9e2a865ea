import { setTimeout as delay } from 'node:timers/promises';
import { childShards } from './child-shards.ts';
import { eventFrame, exceptionFrame } from './event-stream.ts';
import type { FakeShard, ShardRead } from './fake-shard.ts';
import type { FakeStream } from './fake-stream.ts';
import type { Faults } from './faults.ts';

const EVENT_RECORDS = 1_000;
const EVENT_BYTES = 1024 * 1024;

export interface FakeSubscriptionOptions {
  readonly stream: FakeStream;
  readonly shard: FakeShard;
  /** Absolute index of the first record. */
  readonly from: number;
  readonly now: () => number;
  readonly faults: () => Faults;
  readonly lifetimeMilliseconds: number;
  readonly heartbeatMilliseconds: number;
}

/** One answer of SubscribeToShard, frame by frame. */
export class FakeSubscription {
  readonly #options: FakeSubscriptionOptions;
  readonly #ended = new AbortController();
  #failure: Uint8Array | undefined;

  constructor(options: FakeSubscriptionOptions) {
    this.#options = options;
  }

  /** Ends the subscription with an exception. */
  fail(type: string, message: string): void {
    this.#failure = exceptionFrame(type, message);
    this.end();
  }

  /** Ends the subscription because its connection is closed. */
  end(): void {
    this.#ended.abort();
  }

  async *frames(): AsyncGenerator<Uint8Array, void> {
    const { shard, from, now, lifetimeMilliseconds } = this.#options;
    const { signal } = this.#ended;
    yield eventFrame('initial-response', '{}');
    delay(lifetimeMilliseconds, undefined, { signal }).then(
      () => this.end(),
      () => {},
    );
    for (let index = from; !signal.aborted; ) {
      const read = shard.read(index, EVENT_RECORDS, now(), EVENT_BYTES);
      yield eventFrame('SubscribeToShardEvent', this.#event(read));
      if (read.next === undefined) return this.end();
      index = read.next;
      if (index === shard.tip && shard.endSequence === undefined) await this.#untilChange();
    }
    if (this.#failure) yield this.#failure;
  }

  #event({ records, next, behindMilliseconds }: ShardRead): string {
    const { stream, shard, faults } = this.#options;
    const ended = next === undefined;
    const continuation = ended ? 'null' : `"${shard.sequenceBefore(next)}"`;
    const children = ended && !faults().hideChildren ? JSON.stringify(childShards(stream, shard)) : 'null';
    return `{"Records":[${records.map((record) => record.json).join()}],"ContinuationSequenceNumber":${continuation},"MillisBehindLatest":${behindMilliseconds},"ChildShards":${children}}`;
  }

  async #untilChange(): Promise<void> {
    const { shard, heartbeatMilliseconds } = this.#options;
    const timer = new AbortController();
    const either = AbortSignal.any([timer.signal, this.#ended.signal]);
    const heartbeat = delay(heartbeatMilliseconds, undefined, { signal: either }).catch(() => {});
    await Promise.race([shard.changed(), heartbeat]);
    timer.abort();
  }
}
