import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { systemClock } from '../../../services/shared/clock.ts';
import { HOT_KEY_ENTRIES } from '../../../services/stream/write/pending-entries.ts';
import type { FakeShard } from '../../support/kinesis-fake/fake-shard.ts';
import { type Faults, NO_FAULTS } from '../../support/kinesis-fake/faults.ts';
import { metricValue } from '../../support/model/decision-stack.ts';
import { ConsumerWorld, numbered } from '../../support/stream/consumer-world.ts';
import { EchoProcessor, textOf } from '../../support/stream/echo-processor.ts';
import { emptyParts, kplAggregate } from '../../support/stream/kpl-aggregate.ts';
import { until } from '../../support/until.ts';

const MEGABYTE = 1024 * 1024;

function leases(world: ConsumerWorld): Record<string, string> {
  const { leases: all } = JSON.parse(readFileSync(`${world.directory}/leases.json`, 'utf8'));
  return Object.fromEntries(
    all.map((lease: { shardId: string; checkpoint: string }) => [lease.shardId.slice(-1), lease.checkpoint]),
  );
}

describe('checkpoints', () => {
  test('a restart goes on after the confirmed records, without a repeat', async () => {
    await using world = await ConsumerWorld.start();
    world.put(...numbered('a', 50));
    const first = world.consume();
    await until('the first half is published', () => world.texts().length === 50);
    await first.stop();
    world.put(...numbered('a', 50, 50));
    const second = world.consume();
    await until('the second half is published', () => world.texts().length >= 100);
    await second.stop();
    expect(world.texts()).toEqual(numbered('a', 100));
    expect(new Set(world.echoes().map(({ epoch }) => epoch)).size).toBe(2);
  });

  test('inside an aggregate, confirmed records are not published again, and the rest is', async () => {
    await using world = await ConsumerWorld.start();
    const parts = numbered('a', 5).map((text) => ({ partitionKey: 'a', data: Buffer.from(text) }));
    const stream = world.fake.stream('in');
    stream.put(stream.shardFor('a'), 'a', kplAggregate(parts).toString('base64'));
    const never = new Promise<void>(() => {});
    let begun = false;
    // The second batch of two records never ends, even if its signal aborts.
    const processor = new EchoProcessor((batch) => {
      begun = batch.records.some((record) => textOf(record) === 'a/2');
      return begun ? never : undefined;
    });
    const first = world.consume({ BATCH_SIZE: '2', HAND_OFF_SECONDS: '0.1' }, { processor });
    await until('two parts are published, and two are in flight', () => world.texts().length === 2 && begun);
    await first.stop();
    expect(leases(world)['0']).toMatch(/^\d+:1$/);
    world.consume();
    await until('the rest is published', () => world.texts().length >= 5);
    expect(world.texts()).toEqual(numbered('a', 5));
    expect(world.echoes().map((echo) => echo.subSequenceNumber)).toEqual([0, 1, 2, 3, 4]);
  });

  test('LATEST leaves out old records, AT_TIMESTAMP the records before that time', async () => {
    await using world = await ConsumerWorld.start({ now: () => Date.now() });
    world.put(...numbered('old', 3));
    const arrived = world.fake.stream('in').shards[0]?.all().at(-1)?.arrivalMilliseconds ?? 0;
    await until('the clock has moved on', () => Date.now() > arrived);
    const latest = world.consume({ START_POSITION: 'LATEST' });
    await until('the consumer reads', () => (world.fake.calls.get('GetRecords') ?? 0) > 2);
    world.put(...numbered('new', 3));
    await until('the new ones are published', () => world.texts().length >= 3);
    await latest.stop();
    expect(world.texts()).toEqual(numbered('new', 3));
    const [record] = world.fake.stream('in').shards[0]?.all().slice(-2) ?? [];
    const START_TIMESTAMP = new Date(record?.arrivalMilliseconds ?? 0).toISOString();
    const other = {
      LEASE_FILE: `${world.directory}/other.json`,
      START_POSITION: 'AT_TIMESTAMP',
      START_TIMESTAMP,
    };
    world.consume(other);
    await until('the records since then are published again', () => world.texts().length >= 5);
    expect(world.texts().slice(3)).not.toContain('old/0');
  });

  test('if retention deleted unread records, the shard stops with an alarm; ON_TRIMMED=continue reads on', async () => {
    let passedMilliseconds = 0;
    const now = () => Date.now() + passedMilliseconds;
    await using world = await ConsumerWorld.start({ now });
    world.put(...numbered('a', 3));
    const first = world.consume();
    await until('all is published', () => world.texts().length === 3);
    await first.stop();
    world.fake.stream('in').shards[0]?.trim(3);
    world.put(...numbered('a', 2, 3));
    passedMilliseconds = 25 * 3_600_000;
    const clock = { ...systemClock, now };
    const metricsRegistry = new Registry();
    const second = world.consume({}, { clock, metricsRegistry });
    await until(
      'the alarm',
      async () => (await metricValue(metricsRegistry, 'kinesis_trimmed_checkpoints', {})) === 1,
    );
    expect(world.states.at(-1)).toMatchObject({
      state: 'degraded',
      message: expect.stringContaining('24 h'),
    });
    await second.stop();
    expect(world.texts()).toHaveLength(3);
    world.consume({ ON_TRIMMED: 'continue' }, { clock });
    await until('the rest is published', () => world.texts().length === 5);
  });

  test('if retention deletes unread records while the shard is held, the shard stops with an alarm', async () => {
    let passedMilliseconds = 0;
    const now = () => Date.now() + passedMilliseconds;
    await using world = await ConsumerWorld.start({ now });
    const clock = { ...systemClock, now };
    const metricsRegistry = new Registry();
    world.put(...numbered('a', 3));
    world.consume({}, { clock, metricsRegistry });
    await until('all is published', () => world.texts().length === 3);
    world.fake.faults = { ...NO_FAULTS, throttle: 1 };
    const reads = world.fake.calls.get('GetRecords') ?? 0;
    await until('no read succeeds', () => (world.fake.calls.get('GetRecords') ?? 0) >= reads + 2);
    world.put(...numbered('a', 2, 3));
    world.fake.stream('in').shards[0]?.trim(4);
    passedMilliseconds = 25 * 3_600_000;
    await until(
      'the alarm',
      async () => (await metricValue(metricsRegistry, 'kinesis_trimmed_checkpoints', {})) === 1,
    );
    world.fake.faults = NO_FAULTS;
    expect(world.states.at(-1)).toMatchObject({
      state: 'degraded',
      message: expect.stringContaining('24 h'),
    });
    expect(world.texts()).toEqual(numbered('a', 3));
  });
});

describe('resharding', () => {
  test('a split and a merge under load lose nothing and keep every key in order', async () => {
    await using world = await ConsumerWorld.start();
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const put = (from: number) => world.put(...keys.flatMap((key) => numbered(key, 10, from)));
    world.consume();
    put(0);
    const stream = world.fake.stream('in');
    stream.split('shardId-000000000000', 2n ** 127n);
    put(10);
    stream.merge('shardId-000000000001', 'shardId-000000000002');
    put(20);
    await until('all is published', () => world.texts().length >= keys.length * 30);
    for (const key of keys) {
      expect(world.texts().filter((text) => text.startsWith(`${key}/`))).toEqual(numbered(key, 30));
    }
    await until(
      'the closed shards are noted as done',
      () => Object.values(leases(world)).filter((it) => it === 'SHARD_END').length === 3,
    );
  });

  test('an answer without a next iterator does not end an open shard', async () => {
    await using world = await ConsumerWorld.start();
    world.fake.faults = { ...NO_FAULTS, losePosition: 0.3 };
    const metricsRegistry = new Registry();
    world.consume({}, { metricsRegistry });
    for (let round = 0; round < 5; round++) {
      world.put(...numbered('a', 5, round * 5));
      await until('the round is published', () => world.texts().length >= (round + 1) * 5);
    }
    world.fake.stream('in').split('shardId-000000000000', 2n ** 127n);
    world.put(...numbered('a', 5, 25));
    await until('the child is read', () => world.texts().length >= 30);
    expect(world.texts()).toEqual(numbered('a', 30));
    expect(await metricValue(metricsRegistry, 'kinesis_unproven_ends_total', {})).toBeGreaterThan(0);
  });

  test('shards that were closed before the first start are read, parents first', async () => {
    await using world = await ConsumerWorld.start();
    world.put(...numbered('a', 5), ...numbered('b', 5));
    world.fake.stream('in').split('shardId-000000000000', 2n ** 127n);
    world.put(...numbered('a', 5, 5), ...numbered('b', 5, 5));
    const metricsRegistry = new Registry();
    world.consume({}, { metricsRegistry });
    await until('all is published', () => world.texts().length === 20);
    expect(
      world
        .echoes()
        .slice(0, 10)
        .map(({ shardId }) => shardId),
    ).toEqual(Array(10).fill('shardId-000000000000'));
    await until(
      'no gap',
      async () => (await metricValue(metricsRegistry, 'kinesis_hash_range_gap_ratio', {})) === 0,
    );
  });
});

describe('parts of an aggregate whose keys belong to another shard', () => {
  test.each(['decide', 'reject', 'drop'] as const)('FOREIGN_PARTS=%s', async (foreignParts) => {
    await using world = await ConsumerWorld.start({ shards: 2 });
    const stream = world.fake.stream('in');
    const [low, high] = stream.shards;
    if (low === undefined || high === undefined) throw new Error('two shards');
    const keys = Array.from({ length: 20 }, (_, index) => `key${index}`);
    const own = keys.filter((key) => stream.shardFor(key) === low);
    const foreign = keys.filter((key) => stream.shardFor(key) === high);
    const put = (of: readonly string[], round: number) => {
      const parts = of.map((key) => ({ partitionKey: key, data: Buffer.from(`${key}/${round}`) }));
      stream.put(low, 'outer', kplAggregate(parts).toString('base64'));
    };
    // The first aggregate holds nothing but foreign parts.
    put(foreign, 0);
    put(keys, 1);
    stream.put(low, 'outer', Buffer.from('after/2').toString('base64'));
    const metricsRegistry = new Registry();
    const environment = foreignParts === 'decide' ? {} : { FOREIGN_PARTS: foreignParts };
    const consumer = world.consume(environment, { metricsRegistry });
    const textsOf = (of: readonly string[], round: number) => of.map((key) => `${key}/${round}`);
    const rest = [...textsOf(foreign, 0), ...textsOf(foreign, 1)];
    const decided = [...textsOf(own, 1), 'after/2', ...(foreignParts === 'decide' ? rest : [])];
    const rejected = foreignParts === 'reject' ? rest : [];
    await until('the last record is decided', () => world.texts().includes('after/2'));
    await consumer.stop();
    expect(world.texts().toSorted()).toEqual(decided.toSorted());
    expect(world.texts('rejects').toSorted()).toEqual(rejected.toSorted());
    for (const { code, key, text } of world.echoes('rejects')) {
      expect({ code, key }).toEqual({ code: 'foreign_part', key: text.split('/')[0] });
    }
    const counted = await metricValue(metricsRegistry, 'kinesis_foreign_parts_total', {
      action: foreignParts,
    });
    expect(counted).toBe(rest.length);
    expect(world.states.at(-1)?.state).not.toBe('blocked');
  });
});

describe('an aggregate beyond a limit', () => {
  test('becomes one dead letter, and its neighbours are decided; however many there are', async () => {
    await using world = await ConsumerWorld.start();
    const stream = world.fake.stream('in');
    const [shard] = stream.shards;
    if (shard === undefined) throw new Error('no shard');
    world.put('a/0');
    for (let index = 0; index < 3; index++) stream.put(shard, 'bomb', emptyParts(100_000).toString('base64'));
    world.put('a/1');
    world.consume();
    await until('all is published', () => world.texts().length === 2 && world.echoes('rejects').length === 3);
    expect(world.texts()).toEqual(['a/0', 'a/1']);
    expect(world.echoes('rejects')).toMatchObject(
      Array.from({ length: 3 }, () => ({ key: 'bomb', code: 'invalid_aggregate', subSequenceNumber: 0 })),
    );
  });

  test('is opened in portions if it is within the limits, so that few of its records are in memory at a time', async () => {
    await using world = await ConsumerWorld.start();
    const stream = world.fake.stream('in');
    const [shard] = stream.shards;
    if (shard === undefined) throw new Error('no shard');
    const parts = Array.from({ length: 2_000 }, (_, index) => ({
      partitionKey: `key-${index}`,
      data: Buffer.of(),
    }));
    for (let index = 0; index < 5; index++) stream.put(shard, 'a', kplAggregate(parts).toString('base64'));
    const metricsRegistry = new Registry();
    const opened = () => metricValue(metricsRegistry, 'kinesis_records_read_total', {});
    const gate = Promise.withResolvers<void>();
    world.consume({}, { metricsRegistry, processor: new EchoProcessor(() => gate.promise) });
    await until('the first portion is opened', async () => ((await opened()) ?? 0) > 0);
    expect(await opened()).toBe(2_000);
    expect(await metricValue(metricsRegistry, 'kinesis_in_flight_bytes', {})).toBeGreaterThan(2_000 * 300);
    gate.resolve();
    await until('all is opened', async () => (await opened()) === 10_000);
  });
});

describe('a shard that left the stream before it was read', () => {
  test('stops with its children and an alarm; ON_TRIMMED=continue counts the shard as done and reads the children', async () => {
    await using world = await ConsumerWorld.start();
    const first = world.consume();
    await until('the shard has a lease', () => first.ownedShards.length === 1);
    await first.stop();
    const stream = world.fake.stream('in');
    world.put(...numbered('a', 3));
    stream.split('shardId-000000000000', 2n ** 127n);
    world.put(...numbered('a', 2, 3));
    stream.forget('shardId-000000000000');
    const metricsRegistry = new Registry();
    const second = world.consume({}, { metricsRegistry });
    await until(
      'the alarm',
      async () => (await metricValue(metricsRegistry, 'kinesis_trimmed_checkpoints', {})) === 1,
    );
    await until('the state is degraded', () => world.states.at(-1)?.state === 'degraded');
    expect(world.states.at(-1)?.message).toContain('shardId-000000000000 left the stream');
    await second.stop();
    expect(world.texts()).toEqual([]);
    world.consume({ ON_TRIMMED: 'continue' });
    await until('the children are read', () => world.texts().length === 2);
    await until('its lease is removed', () => !('0' in leases(world)));
    expect(world.texts()).toEqual(numbered('a', 2, 3));
  });

  test('is waited for if the stream itself is missing', async () => {
    await using world = await ConsumerWorld.start();
    const stream = world.consume({ ON_TRIMMED: 'continue' });
    await until('the consumer reads', () => stream.ready && stream.ownedShards.length === 1);
    world.fake.deleteStream('in');
    const iterators = world.fake.calls.get('GetShardIterator') ?? 0;
    await until(
      'the reader misses the stream',
      () => (world.fake.calls.get('GetShardIterator') ?? 0) >= iterators + 2,
    );
    world.fake.createStreams(1, 'in');
    world.put('a/0');
    await until('the record is published', () => world.texts().length === 1);
  });
});

describe('outages', () => {
  test('if Kinesis is down at start and later, readiness says so and nothing is lost', async () => {
    await using world = await ConsumerWorld.start();
    world.fake.faults = { ...NO_FAULTS, down: true };
    const stream = world.consume();
    await until('a message', () => (world.states.at(-1)?.message ?? '') !== '');
    expect(world.states.at(-1)?.state).toBe('waiting');
    world.fake.faults = NO_FAULTS;
    world.put(...numbered('a', 20));
    await until('the consumer is ready', () => stream.ready);
    await until('all is published', () => world.texts().length === 20);
    world.fake.faults = { ...NO_FAULTS, down: true };
    world.put(...numbered('a', 20, 20));
    await until('the state is degraded', () => world.states.at(-1)?.state === 'degraded');
    expect(stream.ready).toBe(false);
    world.fake.faults = NO_FAULTS;
    await until('all is published', () => world.texts().length >= 40);
    await until('the consumer is ready again', () => stream.ready);
    expect(world.texts()).toEqual(numbered('a', 40));
  }, 40_000);

  test('missing streams are named and awaited', async () => {
    await using world = await ConsumerWorld.start({ shards: 0 });
    world.consume();
    await until('a message', () => /Stream in .*not found/.test(world.states.at(-1)?.message ?? ''));
    world.fake.createStreams(1, 'in');
    world.put('a/0');
    await until('the output is named', () =>
      /Stream out .*not found/.test(world.states.at(-1)?.message ?? ''),
    );
    world.fake.createStreams(1, 'out', 'rejects');
    await until('all is published', () => world.texts().length === 1);
  }, 40_000);

  // Faults are rare enough that a put seldom fails often in a row, because the waits between its tries double.
  const faults: Faults = {
    ...NO_FAULTS,
    throttle: 0.1,
    failEntry: 0.1,
    resetBefore: 0.05,
    resetAfter: 0.05,
    expireIterator: 0.2,
  };

  test('throttles, resets, refused entries and expired iterators: all is published, in order by key', async () => {
    await using world = await ConsumerWorld.start({ shards: 2, seed: 5 });
    world.fake.faults = faults;
    world.put(...numbered('a', 60), ...numbered('b', 60));
    world.consume({ BATCH_SIZE: String(HOT_KEY_ENTRIES) });
    await until('all is published', () => world.distinctTexts().length === 120, 30_000);
    for (const key of ['a', 'b']) {
      const first = world.distinctTexts().filter((text) => text.startsWith(key));
      expect(first).toEqual(numbered(key, 60));
    }
  }, 40_000);

  test('under the same faults, the last appearances of a hot key end in order', async () => {
    await using world = await ConsumerWorld.start({ seed: 5 });
    world.fake.faults = faults;
    world.put(...numbered('a', 300));
    world.consume({ BATCH_SIZE: '100' });
    const last = () => [...new Set(world.texts().reverse())].reverse();
    const isDone = () => isDeepStrictEqual(last(), numbered('a', 300));
    await until('the last appearances are in order', isDone, 30_000);
  }, 40_000);

  test('records of one key need few writes', async () => {
    await using world = await ConsumerWorld.start();
    world.put(...numbered('a', 1_000));
    world.consume();
    await until('all is published', () => world.texts().length === 1_000);
    expect(world.texts()).toEqual(numbered('a', 1_000));
    expect(world.fake.calls.get('PutRecords')).toBeLessThanOrEqual(10);
  }, 40_000);

  test('dead letters of one key need few writes', async () => {
    await using world = await ConsumerWorld.start();
    world.put(...numbered('a', 1_000));
    const processor = new EchoProcessor();
    processor.process = async (batch) =>
      batch.records.map((record) => processor.reject(batch, record, { code: 'retries_exhausted' }));
    world.consume({}, { processor });
    await until('all is published', () => world.texts('rejects').length === 1_000);
    expect(world.fake.calls.get('PutRecords')).toBe(2);
  }, 40_000);

  test('the consumer waits to keep to the limits of reads and writes', async () => {
    // Time passes more slowly for Kinesis, so that its limits are reached on a slow machine as well.
    const start = Date.now();
    await using world = await ConsumerWorld.start({ now: () => start + (Date.now() - start) / 4 });
    world.fake.faults = { ...NO_FAULTS, limits: true };
    world.put(...Array.from({ length: 3000 }, (_, index) => `key-${index}/0`));
    const metricsRegistry = new Registry();
    world.consume({}, { metricsRegistry });
    await until('all is published', () => world.texts().length >= 3000, 30_000);
    expect(
      await metricValue(metricsRegistry, 'kinesis_throttles_total', { operation: 'PutRecordsEntry' }),
    ).toBeGreaterThan(0);
    expect(new Set(world.texts()).size).toBe(3000);
  }, 40_000);
});

describe('batches', () => {
  test('a poison record becomes a dead letter; its neighbours wait less than a second', async () => {
    await using world = await ConsumerWorld.start();
    const processor = new EchoProcessor((batch) => {
      if (batch.records.some((record) => textOf(record) === 'a/0')) throw new Error('poison');
    });
    const stream = world.consume({}, { processor });
    await until('the consumer is ready', () => stream.ready);
    const started = performance.now();
    world.put(...numbered('a', 20));
    await until('the neighbours are published', () => world.texts().length === 19);
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(world.echoes('rejects')).toMatchObject([{ text: 'a/0', code: 'retries_exhausted' }]);
  });

  test('parts of an aggregate with keys that Kinesis refuses are published under the key of the aggregate', async () => {
    await using world = await ConsumerWorld.start();
    const keys = ['', 'x'.repeat(257), 'a'];
    const parts = keys.map((partitionKey, index) => ({ partitionKey, data: Buffer.from(`part ${index}`) }));
    const stream = world.fake.stream('in');
    stream.put(stream.shardFor('outer'), 'outer', kplAggregate(parts).toString('base64'));
    const processor = new EchoProcessor((batch) => {
      if (batch.records.some((record) => textOf(record) === 'part 0')) throw new Error('poison');
    });
    world.consume({ MAX_RETRIES: '0' }, { processor });
    await until('all is published', () => world.texts().length + world.texts('rejects').length === 3);
    expect(world.echoes('rejects')).toMatchObject([{ key: 'outer', text: 'part 0' }]);
    expect(world.echoes().map(({ key }) => key)).toEqual(['outer', 'a']);
  });

  test('a window gathers the records that arrive within it, up to the batch size', async () => {
    await using world = await ConsumerWorld.start();
    const sizes: number[] = [];
    const processor = new EchoProcessor((batch) => void sizes.push(batch.records.length));
    const stream = world.consume({ BATCH_SIZE: '4', BATCH_WINDOW_MILLISECONDS: '400' }, { processor });
    await until('the consumer is ready', () => stream.ready);
    world.put('a/0');
    await until('a read', () => world.fake.calls.get('GetRecords') !== undefined);
    world.put(...numbered('a', 5, 1));
    await until('all is published', () => world.texts().length === 6);
    expect(sizes).toEqual([4, 2]);
  });

  test('several batches of a shard run at a time, each key in order, with the checkpoint behind the slowest', async () => {
    await using world = await ConsumerWorld.start();
    const keys = Array.from({ length: 12 }, (_, index) => `key${index}`);
    let working = 0;
    let most = 0;
    const processor = new EchoProcessor(async () => {
      most = Math.max(most, ++working);
      await new Promise((resolve) => setTimeout(resolve, 2));
      working--;
    });
    world.put(...Array.from({ length: 10 }, (_, n) => keys.map((key) => `${key}/${n}`)).flat());
    const stream = world.consume({ PARALLELIZATION_FACTOR: '4', BATCH_SIZE: '5' }, { processor });
    await until('all is published', () => world.texts().length === 120);
    await stream.stop();
    expect(most).toBe(4);
    for (const key of keys)
      expect(world.texts().filter((it) => it.startsWith(`${key}/`))).toEqual(numbered(key, 10));
    expect(leases(world)['0']).toBe(world.fake.stream('in').shards[0]?.all().at(-1)?.sequenceNumber);
  });

  test('a shard whose records are never confirmed takes only its part of the memory: 23 other shards go on', async () => {
    await using world = await ConsumerWorld.start({ shards: 24 });
    const stream = world.fake.stream('in');
    const [stuck, ...others] = stream.shards;
    const filler = Buffer.alloc(20_000, 'x').toString('base64');
    const fill = (shard: FakeShard | undefined, records: number) => {
      for (let index = 0; shard && index < records; index++) stream.put(shard, `key-${index}`, filler);
    };
    fill(stuck, 300);
    const gate = Promise.withResolvers<void>();
    const processor = new EchoProcessor((batch) =>
      batch.shardId === stuck?.span.shardId ? gate.promise : undefined,
    );
    const metricsRegistry = new Registry();
    const inFlight = async () => (await metricValue(metricsRegistry, 'kinesis_in_flight_bytes', {})) ?? 0;
    world.consume(
      { MAX_IN_FLIGHT_BYTES: String(4 * MEGABYTE), BATCH_SIZE: '10' },
      { processor, metricsRegistry },
    );
    await until('the stuck shard holds what it can', async () => (await inFlight()) > MEGABYTE);
    for (const shard of others) fill(shard, 60);
    const decided = () => world.fake.stream('out').shards.reduce((sum, shard) => sum + shard.all().length, 0);
    await until('every other shard is decided', () => decided() === others.length * 60);
    gate.resolve();
    await until('all is decided', () => decided() === others.length * 60 + 300);
    await until('nothing is in flight', async () => (await inFlight()) <= 24 * 64 * 1024);
  });

  test('an output that is blocked bounds the data that is read', async () => {
    await using world = await ConsumerWorld.start({ shards: 4 });
    const text = (index: number) => `key-${index}/${'x'.repeat(20_000)}`;
    world.put(...Array.from({ length: 300 }, (_, index) => text(index)));
    world.fake.faults = { ...NO_FAULTS, failEntry: 1 };
    const metricsRegistry = new Registry();
    const inFlight = () => metricValue(metricsRegistry, 'kinesis_in_flight_bytes', {});
    world.consume(
      { MAX_IN_FLIGHT_BYTES: String(2 * MEGABYTE), READ_LIMIT: '20', BATCH_SIZE: '10' },
      { metricsRegistry },
    );
    await until(
      'writes fail',
      async () =>
        ((await metricValue(metricsRegistry, 'kinesis_retries_total', { operation: 'PutRecords' })) ?? 0) >=
        4,
    );
    // Each of the four readers may exceed its reservation by one read of 400 kB.
    expect(await inFlight()).toBeLessThan(2 * MEGABYTE + 4 * 400_000);
    world.fake.faults = NO_FAULTS;
    await until('all is published', () => world.texts().length >= 300, 30_000);
    await until('nothing is in flight', async () => ((await inFlight()) ?? 1) <= 4 * MEGABYTE);
  }, 40_000);
});
