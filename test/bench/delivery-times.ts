import { setTimeout as delay } from 'node:timers/promises';
import type { FakeStream } from '../support/kinesis-fake/fake-stream.ts';
import type { Echo } from '../support/stream/echo-processor.ts';
import { until } from '../support/until.ts';

const PAUSE_MILLISECONDS = 20;
const DELIVERY_MILLISECONDS = 60_000;

/** Puts records on every open shard, and measures the time of each record from the input to the output. */
export class DeliveryTimes {
  readonly #input: FakeStream;
  readonly #output: FakeStream;
  /** Text of a record to the time of its first publication, in milliseconds since the epoch. */
  readonly #arrivals = new Map<string, number>();
  /** Shard of the output to the number of records read so far. */
  readonly #read = new Map<string, number>();
  #next = 0;

  constructor(input: FakeStream, output: FakeStream) {
    this.#input = input;
    this.#output = output;
  }

  /**
   * The longest delivery time in milliseconds, of the records that are put while `action` runs. The first records are
   * put before `action` begins, the last records after it ends.
   */
  async longest(action: () => Promise<void>): Promise<number> {
    const put = new Map<string, number>();
    await this.#delivered(this.#put(put));
    const acting = { done: false };
    const acted = action().finally(() => {
      acting.done = true;
    });
    while (!acting.done) {
      this.#put(put);
      await delay(PAUSE_MILLISECONDS);
    }
    await acted;
    this.#put(put);
    await this.#delivered([...put.keys()]);
    return Math.max(...[...put].map(([text, at]) => (this.#arrivals.get(text) ?? Number.NaN) - at));
  }

  /** Puts one record on each open shard. @returns the texts of the records */
  #put(put: Map<string, number>): string[] {
    return this.#input.openShards.map((shard, index) => {
      // The form of text that the processes of the chaos run echo.
      const text = `shard-${index}/${this.#next++}`;
      put.set(text, Date.now());
      this.#input.put(shard, shard.span.shardId, Buffer.from(text).toString('base64'));
      return text;
    });
  }

  async #delivered(texts: readonly string[]): Promise<void> {
    await until(
      'the records are published',
      () => {
        this.#readOutput();
        return texts.every((text) => this.#arrivals.has(text));
      },
      DELIVERY_MILLISECONDS,
    );
  }

  /** Reads the records that came since the last call. */
  #readOutput(): void {
    for (const shard of this.#output.shards) {
      const { shardId } = shard.span;
      const records = shard.all();
      for (const { json, arrivalMilliseconds } of records.slice(this.#read.get(shardId) ?? 0)) {
        const { text } = JSON.parse(Buffer.from(JSON.parse(json).Data, 'base64').toString()) as Echo;
        if (!this.#arrivals.has(text)) this.#arrivals.set(text, arrivalMilliseconds);
      }
      this.#read.set(shardId, records.length);
    }
  }
}
