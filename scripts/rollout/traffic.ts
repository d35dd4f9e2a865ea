import { systemClock } from '../../services/shared/clock.ts';
import { Ledger } from '../demo/ledger.ts';
import type { WorkItem } from '../demo/workload.ts';
import { type PutReceipt, putAll } from '../kinesis/put-all.ts';
import { StreamTail } from '../kinesis/stream-tail.ts';
import { emulatorClient } from '../stack/kinesis-endpoint.ts';
import type { StreamNames } from '../stack/streams.ts';

export interface TrafficOptions {
  readonly kinesisUrl: string;
  readonly streams: StreamNames;
  /** They come again when all were sent. */
  readonly items: readonly WorkItem[];
  readonly recordsPerSecond: number;
}

const CHUNK_INTERVAL_MILLISECONDS = 100;
const ANSWER_TIMEOUT_MILLISECONDS = 60_000;

type Note = (items: readonly WorkItem[], receipts: readonly PutReceipt[], sentAt: number) => void;

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
    const note = (items: readonly WorkItem[], receipts: readonly PutReceipt[], sentAt: number) => {
      for (const [index, receipt] of receipts.entries()) {
        const item = items[index];
        if (item) this.ledger.sent(receipt, item, sentAt);
      }
    };
    this.#run([this.#send(note), ...tails.map(follow)]);
  }

  /** Sends, and keeps no account, so that it may go on for days. */
  startWithoutAccount(): void {
    this.#run([this.#send(() => {})]);
  }

  #run(parts: readonly Promise<unknown>[]): void {
    this.#running = Promise.all(parts);
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

  async #send(note: Note): Promise<void> {
    const { items, streams, recordsPerSecond } = this.#options;
    const chunk = Math.max(1, Math.round((recordsPerSecond * CHUNK_INTERVAL_MILLISECONDS) / 1000));
    for (let index = 0; !this.#sending.signal.aborted; index = (index + chunk) % items.length) {
      const pause = systemClock.sleep(CHUNK_INTERVAL_MILLISECONDS);
      const sent = items.slice(index, index + chunk);
      const sentAt = Date.now();
      note(sent, await putAll(this.#client, streams.input, sent), sentAt);
      await pause;
    }
  }
}
