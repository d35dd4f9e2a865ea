import type { FakeStream } from '../support/kinesis-fake/fake-stream.ts';

const KEYS = 24;

/** Puts numbered records of many keys on a stream, and counts the records of each key. */
export class Producer {
  readonly sent = new Map<string, number>();
  readonly #stream: FakeStream;
  readonly #random: () => number;

  constructor(stream: FakeStream, random: () => number) {
    this.#stream = stream;
    this.#random = random;
  }

  put(count: number): void {
    for (let index = 0; index < count; index++) {
      const key = `key-${Math.floor(this.#random() * KEYS)}`;
      const number = this.sent.get(key) ?? 0;
      const data = Buffer.from(`${key}/${number}`).toString('base64');
      this.#stream.put(this.#stream.shardFor(key), key, data);
      this.sent.set(key, number + 1);
    }
  }

  get total(): number {
    return [...this.sent.values()].reduce((sum, count) => sum + count, 0);
  }
}
