import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { RegisterStreamConsumerCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { startKinesalite } from '../../../../scripts/stack/kinesalite.ts';
import { emulatorClient } from '../../../../scripts/stack/kinesis-endpoint.ts';
import { ensureStream } from '../../../../scripts/stack/streams.ts';
import { fastClock } from '../../../support/fast-clock.ts';
import { NO_FAULTS } from '../../../support/kinesis-fake/faults.ts';
import { metricValue } from '../../../support/model/decision-stack.ts';
import { ConsumerWorld, numbered } from '../../../support/stream/consumer-world.ts';
import { until } from '../../../support/until.ts';

const MEGABYTE = 1024 * 1024;
const FAN_OUT = { READER: 'fan-out' };

function calls(world: ConsumerWorld, operation: string): number {
  return world.fake.calls.get(operation) ?? 0;
}

describe('fan-out', () => {
  test('publishes the pushed records, over one subscription after another, without polling', async () => {
    await using world = await ConsumerWorld.start({
      fanOut: { lifetimeMilliseconds: 300, takeoverMilliseconds: 100, heartbeatMilliseconds: 50 },
    });
    const metricsRegistry = new Registry();
    world.put(...numbered('a', 20));
    const stream = world.consume(FAN_OUT, { metricsRegistry });
    for (let round = 1; round <= 3; round++) {
      await until('another subscription', () => calls(world, 'SubscribeToShard') >= round);
      world.put(...numbered('a', 20, 20 * round));
    }
    await until('all is published', () => world.texts().length >= 80);
    expect(world.texts()).toEqual(numbered('a', 80));
    expect(calls(world, 'GetRecords')).toBe(0);
    expect(calls(world, 'RegisterStreamConsumer')).toBe(1);
    expect(await metricValue(metricsRegistry, 'kinesis_shards_reading', { mode: 'fan-out' })).toBe(1);
    expect(
      await metricValue(metricsRegistry, 'kinesis_lag_milliseconds', { shard: 'shardId-000000000000' }),
    ).toBe(0);
    await stream.stop();
    expect(await metricValue(metricsRegistry, 'kinesis_shards_reading', { mode: 'fan-out' })).toBe(0);
  });

  test('a stop ends an idle subscription at once', async () => {
    await using world = await ConsumerWorld.start({ fanOut: { heartbeatMilliseconds: 60_000 } });
    const stream = world.consume(FAN_OUT);
    await until('a subscription', () => calls(world, 'SubscribeToShard') === 1);
    const started = performance.now();
    await stream.stop();
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('the next owner waits until it may take over the subscription; nothing is lost or repeated', async () => {
    await using world = await ConsumerWorld.start({ fanOut: { takeoverMilliseconds: 2_500 } });
    world.put(...numbered('a', 10));
    const first = world.consume(FAN_OUT);
    await until('the first half is published', () => world.texts().length === 10);
    await first.stop();
    world.put(...numbered('a', 10, 10));
    world.consume(FAN_OUT);
    await until('the second half is published', () => world.texts().length >= 20);
    expect(world.texts()).toEqual(numbered('a', 20));
    expect(calls(world, 'SubscribeToShard')).toBeGreaterThan(2);
    expect(calls(world, 'GetRecords')).toBe(0);
  });

  test('with connections that break inside an event, and with limits, nothing is lost or repeated', async () => {
    await using world = await ConsumerWorld.start({
      shards: 2,
      seed: 3,
      fanOut: { takeoverMilliseconds: 200, heartbeatMilliseconds: 100 },
    });
    world.fake.faults = { ...NO_FAULTS, limits: true, resetSubscription: 0.3, resetBefore: 0.1 };
    const keys = ['a', 'b', 'c', 'd'];
    world.consume(FAN_OUT);
    for (let round = 0; round < 3; round++) {
      world.put(...keys.flatMap((key) => numbered(key, 10, 10 * round)));
      await until('the round is published', () => world.distinctTexts().length >= 40 * (round + 1), 40_000);
    }
    for (const key of keys) {
      expect(world.distinctTexts().filter((text) => text.startsWith(`${key}/`))).toEqual(numbered(key, 30));
    }
  }, 90_000);

  test('a split and a merge under load lose nothing and keep every key in order', async () => {
    await using world = await ConsumerWorld.start();
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const put = (from: number) => world.put(...keys.flatMap((key) => numbered(key, 10, from)));
    world.consume(FAN_OUT);
    put(0);
    await until('a subscription', () => calls(world, 'SubscribeToShard') === 1);
    const stream = world.fake.stream('in');
    stream.split('shardId-000000000000', 2n ** 127n);
    put(10);
    stream.merge('shardId-000000000001', 'shardId-000000000002');
    put(20);
    await until('all is published', () => world.texts().length >= keys.length * 30);
    for (const key of keys) {
      expect(world.texts().filter((text) => text.startsWith(`${key}/`))).toEqual(numbered(key, 30));
    }
    expect(calls(world, 'GetRecords')).toBe(0);
  });

  test('reads a shard to its end, even if the end names no children', async () => {
    await using world = await ConsumerWorld.start({ fanOut: { takeoverMilliseconds: 0 } });
    world.fake.faults = { ...NO_FAULTS, hideChildren: true };
    world.put(...numbered('a', 10));
    world.fake.stream('in').split('shardId-000000000000', 2n ** 127n);
    world.put(...numbered('a', 10, 10));
    world.consume(FAN_OUT);
    await until('all is published', () => world.texts().length >= 20);
    expect(world.texts()).toEqual(numbered('a', 20));
  });

  test('an output that is blocked bounds the data that is taken', async () => {
    await using world = await ConsumerWorld.start({ shards: 4 });
    const text = (index: number) => `key-${index}/${'x'.repeat(50_000)}`;
    world.put(...Array.from({ length: 100 }, (_, index) => text(index)));
    world.fake.faults = { ...NO_FAULTS, failEntry: 1 };
    const metricsRegistry = new Registry();
    const inFlight = async () => (await metricValue(metricsRegistry, 'kinesis_in_flight_bytes', {})) ?? 0;
    world.consume(
      { ...FAN_OUT, MAX_IN_FLIGHT_BYTES: String(MEGABYTE), BATCH_SIZE: '5' },
      { metricsRegistry },
    );
    const retries = () => metricValue(metricsRegistry, 'kinesis_retries_total', { operation: 'PutRecords' });
    await until('writes fail', async () => ((await retries()) ?? 0) >= 4);
    // Each shard holds one event. An event is in memory before its size is known, so it counts above the limit.
    expect(await inFlight()).toBeLessThanOrEqual(4 * MEGABYTE);
    world.fake.faults = NO_FAULTS;
    await until('all is published', () => world.texts().length >= 100, 30_000);
    await until('nothing is in flight', async () => (await inFlight()) === 0);
  }, 40_000);
});

describe('fall-back to polling', () => {
  for (const operation of ['DescribeStreamConsumer', 'RegisterStreamConsumer', 'SubscribeToShard']) {
    test(`without the right to ${operation}`, async () => {
      await using world = await ConsumerWorld.start();
      world.fake.faults = { ...NO_FAULTS, denied: [operation] };
      const metricsRegistry = new Registry();
      world.put(...numbered('a', 10));
      const stream = world.consume(FAN_OUT, { metricsRegistry });
      await until('all is published', () => world.texts().length >= 10);
      expect(world.texts()).toEqual(numbered('a', 10));
      expect(stream.ready).toBe(true);
      expect(
        await metricValue(metricsRegistry, 'kinesis_fan_out_fallbacks_total', { reason: 'denied' }),
      ).toBe(1);
      expect(await metricValue(metricsRegistry, 'kinesis_shards_reading', { mode: 'polling' })).toBe(1);
    });
  }

  test('while it runs, from the same position', async () => {
    await using world = await ConsumerWorld.start({
      fanOut: { lifetimeMilliseconds: 300, takeoverMilliseconds: 0 },
    });
    world.put(...numbered('a', 10));
    world.consume(FAN_OUT);
    await until('the records are pushed', () => world.texts().length === 10);
    world.fake.faults = { ...NO_FAULTS, denied: ['SubscribeToShard'] };
    await until('the consumer polls', () => calls(world, 'GetRecords') > 0);
    world.put(...numbered('a', 10, 10));
    await until('all is published', () => world.texts().length >= 20);
    expect(world.texts()).toEqual(numbered('a', 20));
  });

  test('if the stream has its maximum number of consumers', async () => {
    await using world = await ConsumerWorld.start();
    const control = emulatorClient(world.fake.url);
    for (let index = 0; index < 20; index++) {
      const consumer = { StreamARN: world.fake.stream('in').arn, ConsumerName: `other-${index}` };
      await control.send(new RegisterStreamConsumerCommand(consumer));
    }
    control.destroy();
    const metricsRegistry = new Registry();
    world.put(...numbered('a', 10));
    world.consume(FAN_OUT, { metricsRegistry, clock: fastClock(5) });
    await until('all is published', () => world.texts().length >= 10, 60_000);
    expect(world.texts()).toEqual(numbered('a', 10));
    expect(
      await metricValue(metricsRegistry, 'kinesis_fan_out_fallbacks_total', { reason: 'throttled' }),
    ).toBe(1);
  }, 90_000);

  test('on an endpoint that has no fan-out', async () => {
    await using kinesalite = await startKinesalite({ directory: tmpdir() });
    await using world = await ConsumerWorld.start();
    const control = emulatorClient(kinesalite.url);
    for (const stream of ['in', 'out', 'rejects']) await ensureStream(control, stream, 1);
    control.destroy();
    const metricsRegistry = new Registry();
    const stream = world.consume({ ...FAN_OUT, KINESIS_ENDPOINT: kinesalite.url }, { metricsRegistry });
    const fallbacks = () =>
      metricValue(metricsRegistry, 'kinesis_fan_out_fallbacks_total', { reason: 'unsupported' });
    await until('the reader falls back', async () => (await fallbacks()) === 1);
    await until('the consumer is ready', () => stream.ready);
  }, 60_000);

  test('an unknown position raises the alarm, as in polling', async () => {
    await using world = await ConsumerWorld.start();
    world.put('a/0');
    const first = world.consume(FAN_OUT);
    await until('the record is published', () => world.texts().length === 1);
    await first.stop();
    const file = `${world.directory}/leases.json`;
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"\d{56}"/, '"1"'));
    const metricsRegistry = new Registry();
    world.consume(FAN_OUT, { metricsRegistry });
    const alarm = () => metricValue(metricsRegistry, 'kinesis_trimmed_checkpoints', {});
    await until('the alarm', async () => (await alarm()) === 1);
    expect(world.texts()).toEqual(['a/0']);
  });
});
