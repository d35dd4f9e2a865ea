import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Registry } from 'prom-client';
import { emulatorCredentials } from '../../../scripts/stack/kinesis-endpoint.ts';
import { systemClock } from '../../../services/shared/clock.ts';
import type { DependencyState } from '../../../services/shared/dependency-state.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import { streamSettings } from '../../../services/stream/settings.ts';
import { type StartStreamOptions, startStream } from '../../../services/stream/start-stream.ts';
import { KinesisFake, type KinesisFakeOptions } from '../kinesis-fake/kinesis-fake.ts';
import { type Echo, EchoProcessor, textOf } from './echo-processor.ts';
import { recordsOf } from './fake-output.ts';

/** A Kinesis fake with an input of one shard. Its consumers use the same lease file, one after another. */
export class ConsumerWorld implements AsyncDisposable {
  readonly fake: KinesisFake;
  readonly directory = mkdtempSync(`${tmpdir()}/consumer-`);
  readonly states: DependencyState[] = [];
  readonly #running: { stop(): Promise<void> }[] = [];

  private constructor(fake: KinesisFake) {
    this.fake = fake;
    Object.assign(process.env, emulatorCredentials);
  }

  static async start(
    options: KinesisFakeOptions & { readonly shards?: number } = {},
  ): Promise<ConsumerWorld> {
    const fake = await KinesisFake.start(options);
    if (options.shards !== 0) {
      fake.createStreams(options.shards ?? 1, 'in');
      fake.createStreams(2, 'out', 'rejects');
    }
    return new ConsumerWorld(fake);
  }

  consume(
    environment: Readonly<Record<string, string>> = {},
    options: Partial<Pick<StartStreamOptions, 'processor' | 'clock' | 'metricsRegistry' | 'store'>> = {},
  ) {
    const settings = streamSettings.parse({
      OUTPUT_STREAM: 'out',
      REJECT_STREAM: 'rejects',
      KINESIS_ENDPOINT: this.fake.url,
      LEASE_FILE: `${this.directory}/leases.json`,
      POLL_INTERVAL_MILLISECONDS: '10',
      MAX_POLL_INTERVAL_MILLISECONDS: '10',
      SHARD_SYNC_SECONDS: '1',
      ...environment,
    });
    const stream = startStream({
      settings: { ...settings, INPUT_STREAM: settings.INPUT_STREAM ?? 'in' },
      processor: new EchoProcessor(),
      metricsRegistry: new Registry(),
      clock: systemClock,
      logger: createLogger({ component: 'test', level: 'silent' }),
      reportState: (state) => this.states.push(state),
      ...options,
    });
    this.#running.push(stream);
    return stream;
  }

  /** Puts texts of the form `key/…` on the input. The part before the slash is the partition key. */
  put(...texts: readonly string[]): void {
    const stream = this.fake.stream('in');
    for (const text of texts) {
      const key = text.split('/')[0] ?? text;
      stream.put(stream.shardFor(key), key, Buffer.from(text).toString('base64'));
    }
  }

  /** Published records, in order of time. */
  echoes(stream: 'out' | 'rejects' = 'out'): Echo[] {
    return this.fake
      .stream(stream)
      .shards.flatMap(recordsOf)
      .sort((a, b) => a.sequenceNumber.localeCompare(b.sequenceNumber))
      .map((record) => JSON.parse(textOf(record)) as Echo);
  }

  texts(stream: 'out' | 'rejects' = 'out'): string[] {
    return this.echoes(stream).map(({ text }) => text);
  }

  /** Published texts, without repeats. */
  distinctTexts(): string[] {
    return [...new Set(this.texts())];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.fake.faults = { ...this.fake.faults, down: false };
    await Promise.all(this.#running.map((stream) => stream.stop()));
    await this.fake[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** `key/0`, `key/1`, … */
export function numbered(key: string, count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `${key}/${from + index}`);
}
