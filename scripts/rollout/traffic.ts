import { systemClock } from '../../services/shared/clock.ts';
import { Ledger } from '../demo/ledger.ts';
import { type WorkItem, workload } from '../demo/workload.ts';
import { putAll } from '../kinesis/put-all.ts';
import { StreamTail } from '../kinesis/stream-tail.ts';
import { emulatorClient } from '../stack/kinesis-endpoint.ts';
import type { StreamNames } from '../stack/streams.ts';

export interface TrafficOptions {
  readonly kinesisUrl: string;
  readonly streams: StreamNames;
  /** Applications, each the text of a record. They come again when all were sent. */
  readonly applications: readonly string[];
}

const CHUNK = 15;
const CHUNK_INTERVAL_MILLISECONDS = 100;
const ANSWER_TIMEOUT_MILLISECONDS = 60_000;

/** A steady stream of applications, and the account of their answers. */
export class Traffic implements AsyncDisposable {
  readonly ledger = new Ledger();
  readonly #options: TrafficOptions;
  readonly #client;
  readonly #sending = new AbortController();
  readonly #following = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#client = emulatorClient(options.kinesisUrl);
  }

  async start(): Promise<void> {
    const { output, rejects } = this.#options.streams;
    const tails = await Promise.all([output, rejects].map((name) => StreamTail.open(this.#client, name)));
    const follow = (tail: StreamTail) =>
      tail.follow((record) => this.ledger.answered(record), this.#following.signal);
    this.#running = Promise.all([this.#send(), ...tails.map(follow)]);
    // The error shows in `finish`, or in nothing if the demo has failed before.
    this.#running.catch(() => {});
  }

  /** Sends no more, and waits until every application has its answer. */
  async finish(): Promise<void> {
    this.#sending.abort();
    const deadline = performance.now() + ANSWER_TIMEOUT_MILLISECONDS;
    while (this.ledger.outstanding > 0 && performance.now() < deadline) await systemClock.sleep(100);
    this.#following.abort();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sending.abort();
    this.#following.abort();
    await this.#running.catch(() => {});
    this.#client.destroy();
  }

  async #send(): Promise<void> {
    const { applications, streams } = this.#options;
    const items = workload(applications);
    for (let index = 0; !this.#sending.signal.aborted; index = (index + CHUNK) % items.length) {
      const pause = systemClock.sleep(CHUNK_INTERVAL_MILLISECONDS);
      await this.#put(streams.input, items.slice(index, index + CHUNK));
      await pause;
    }
  }

  async #put(stream: string, items: readonly WorkItem[]): Promise<void> {
    const sentAt = Date.now();
    const receipts = await putAll(this.#client, stream, items);
    for (const [index, receipt] of receipts.entries()) {
      const item = items[index];
      if (item) this.ledger.sent(receipt, item, sentAt);
    }
  }
}
