import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { emulatorCredentials } from '../../../../scripts/stack/kinesis-endpoint.ts';
import { systemClock } from '../../../../services/shared/clock.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import { LeanStreamClient } from '../../../../services/stream/client/lean-stream-client.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { RetryLog } from '../../../../services/stream/retry-log.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { AggregatedOutput } from '../../../../services/stream/write/aggregated-output.ts';
import type { Output } from '../../../../services/stream/write/output.ts';
import { PlainOutput } from '../../../../services/stream/write/plain-output.ts';
import { RecordWriter } from '../../../../services/stream/write/record-writer.ts';
import { NO_FAULTS } from '../../../support/kinesis-fake/faults.ts';
import { KinesisFake } from '../../../support/kinesis-fake/kinesis-fake.ts';
import { metricValue } from '../../../support/model/decision-stack.ts';
import { ConsumerWorld, numbered } from '../../../support/stream/consumer-world.ts';
import { type Echo, EchoProcessor, textOf } from '../../../support/stream/echo-processor.ts';
import { ownRecordsOf } from '../../../support/stream/fake-output.ts';
import { until } from '../../../support/until.ts';

const KPL = { OUTPUT_AGGREGATION: 'kpl' };
const KEYS = Array.from({ length: 30 }, (_, index) => `key${index}`);

function storedOn(world: ConsumerWorld, stream: string): number {
  return world.fake.stream(stream).shards.reduce((sum, shard) => sum + shard.all().length, 0);
}

/** The output as the Kinesis Client Library delivers it, without repeats. */
function ownEchoes(world: ConsumerWorld): Echo[] {
  const records = world.fake.stream('out').shards.flatMap(ownRecordsOf);
  const echoes = records.map((record) => JSON.parse(textOf(record)) as Echo);
  return [...new Map(echoes.map((echo) => [echo.decisionId, echo])).values()];
}

describe('output aggregation', () => {
  test('packs decisions by shard, does not pack dead letters, and counts each decision', async () => {
    await using world = await ConsumerWorld.start();
    const metricsRegistry = new Registry();
    const processor = new EchoProcessor((batch) => {
      if (batch.records.some((record) => textOf(record) === 'key3/0')) throw new Error('poison');
    });
    world.put(...KEYS.map((key) => `${key}/0`));
    world.consume({ ...KPL, MAX_RETRIES: '0' }, { metricsRegistry, processor });
    await until('all is published', () => world.texts().length >= 29 && world.texts('rejects').length === 1);
    expect(world.texts().sort()).toEqual(
      KEYS.map((key) => `${key}/0`)
        .filter((it) => it !== 'key3/0')
        .sort(),
    );
    expect(storedOn(world, 'out')).toBeLessThanOrEqual(4);
    const written = (stream: string) =>
      metricValue(metricsRegistry, 'kinesis_records_written_total', { stream });
    await until('the decisions are counted', async () => (await written('out')) === 29);
    expect(world.fake.stream('rejects').shards.flatMap(ownRecordsOf)).toHaveLength(1);
  });

  test('with refused entries, broken connections and a resharded output, each key is in order and nothing is lost', async () => {
    await using world = await ConsumerWorld.start({ shards: 2, seed: 7 });
    world.fake.faults = { ...NO_FAULTS, failEntry: 0.2, resetBefore: 0.1 };
    world.consume({ ...KPL, BATCH_SIZE: '20' });
    const out = world.fake.stream('out');
    const rounds = [
      () => {},
      () => out.split('shardId-000000000000', 2n ** 125n),
      () => out.split('shardId-000000000001', 2n ** 127n + 2n ** 126n),
      () => out.merge('shardId-000000000002', 'shardId-000000000003'),
    ];
    for (const [round, reshard] of rounds.entries()) {
      world.put(...KEYS.flatMap((key) => numbered(key, 5, 5 * round)));
      await until('some of the round is published', () => ownEchoes(world).length > 150 * round);
      reshard();
      await until('the round is published', () => ownEchoes(world).length >= 150 * (round + 1));
    }
    for (const key of KEYS) {
      const texts = ownEchoes(world).flatMap((echo) => (echo.key === key ? [echo.text] : []));
      expect(texts).toEqual(numbered(key, 20));
    }
  }, 60_000);
});

describe('the limit of 1,000 records a second and shard', () => {
  const DECISIONS = Array.from({ length: 10_000 }, (_, index) => ({
    partitionKey: `key-${index}`,
    data: Buffer.from(`decision ${index}`.padEnd(40)),
  }));
  let fake: KinesisFake;
  let client: LeanStreamClient;
  let metricsRegistry: Registry;

  // Time stands still for Kinesis, so all records arrive within one second.
  beforeEach(async () => {
    Object.assign(process.env, emulatorCredentials);
    fake = await KinesisFake.start({ now: () => Date.UTC(2026, 0, 1) });
    fake.createStreams(1, 'out');
    fake.faults = { ...NO_FAULTS, limits: true };
    client = new LeanStreamClient({
      region: 'us-east-1',
      endpoint: fake.url,
      connectTimeoutMilliseconds: 5_000,
      requestTimeoutMilliseconds: 20_000,
    });
    metricsRegistry = new Registry();
  });
  afterEach(async () => {
    client.close();
    await fake[Symbol.asyncDispose]();
  });

  function write(output: Output, signal: AbortSignal): Promise<void> {
    const logger = createLogger({ component: 'test', level: 'silent' });
    const writer = new RecordWriter({
      output,
      clock: systemClock,
      retryLog: new RetryLog(logger, systemClock),
      health: new StreamHealth(() => {}, logger),
      metrics: createStreamMetrics(metricsRegistry),
    });
    return writer.write(DECISIONS, { signal, assertHeld: () => signal.throwIfAborted() });
  }

  const throttles = () =>
    metricValue(metricsRegistry, 'kinesis_throttles_total', { operation: 'PutRecordsEntry' });
  const stored = () => fake.stream('out').shards.flatMap(ownRecordsOf).length;

  test('is reached by decisions without aggregation', async () => {
    const closing = new AbortController();
    const written = write(new PlainOutput(client, 'out'), closing.signal);
    await until('the limit is reached', async () => ((await throttles()) ?? 0) > 0);
    closing.abort(new Error('enough'));
    await expect(written).rejects.toThrow();
    expect(stored()).toBe(1_000);
  });

  test('is exceeded tenfold by aggregates', async () => {
    await write(new AggregatedOutput(client, 'out'), new AbortController().signal);
    expect(stored()).toBe(10_000);
    expect(await throttles()).toBeUndefined();
    expect(fake.stream('out').shards[0]?.all().length).toBeLessThan(20);
  });
});
