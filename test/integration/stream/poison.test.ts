import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { FileLeaseStore } from '../../../services/stream/lease/file-lease-store.ts';
import type { Batch } from '../../../services/stream/record.ts';
import { metricValue } from '../../support/model/decision-stack.ts';
import { ConsumerWorld, numbered } from '../../support/stream/consumer-world.ts';
import { EchoProcessor, textOf } from '../../support/stream/echo-processor.ts';
import { kplAggregate } from '../../support/stream/kpl-aggregate.ts';
import { mortalLeaseStore } from '../../support/stream/mortal-lease-store.ts';
import { recordingLogger } from '../../support/stream/recording-logger.ts';
import { until } from '../../support/until.ts';

const SLOW_MILLISECONDS = 50;

interface Life {
  readonly environment?: Readonly<Record<string, string>>;
  readonly metricsRegistry?: Registry;
  /** Called with each batch. True ends the process. */
  readonly isDeadly: (batch: Batch) => boolean;
  /** Batches with these records take longer. */
  readonly isSlow?: (batch: Batch) => boolean;
}

/** A process whose processor ends it: nothing that the process does later has an effect. */
function live(world: ConsumerWorld, { environment, metricsRegistry, isDeadly, isSlow }: Life) {
  const never = new Promise<void>(() => {});
  const died = Promise.withResolvers<'died'>();
  const file = new FileLeaseStore({
    file: `${world.directory}/leases.json`,
    stream: 'in',
    logger: recordingLogger().logger,
  });
  const { store, die } = mortalLeaseStore(file);
  let dead = false;
  const processor = new EchoProcessor((batch) => {
    if (!dead && !isDeadly(batch)) return isSlow?.(batch) ? delay(SLOW_MILLISECONDS) : undefined;
    if (!dead) die();
    dead = true;
    died.resolve('died');
    return never;
  });
  const stream = world.consume(
    { HAND_OFF_SECONDS: '0.1', ...environment },
    { processor, store, metricsRegistry: metricsRegistry ?? new Registry() },
  );
  const buried = died.promise.then(async (end) => {
    await stream.stop();
    return end;
  });
  return { died: buried, stop: () => stream.stop() };
}

/** True if the leases say that every record of every shard is done. */
function isAtTip(world: ConsumerWorld): boolean {
  const stored = new Map(leases(world).map(({ shardId, checkpoint }) => [shardId, checkpoint]));
  return world.fake.stream('in').shards.every((shard) => {
    const last = shard.all().at(-1);
    return last === undefined || stored.get(shard.span.shardId) === last.sequenceNumber;
  });
}

/** Starts a process after each that dies, until all is decided or rejected, and stored. @returns the number of deaths */
async function liveUntilDone(world: ConsumerWorld, life: Life, total: number): Promise<number> {
  for (let deaths = 0; ; deaths++) {
    const process = live(world, life);
    const isDone = () =>
      new Set([...world.texts(), ...world.texts('rejects')]).size === total && isAtTip(world);
    const done = until(`${total} records are done after ${deaths} deaths`, isDone).then(
      () => 'done' as const,
    );
    const end = await Promise.race([process.died, done]);
    done.catch(() => {});
    if (end === 'died') continue;
    await process.stop();
    return deaths;
  }
}

function leases(world: ConsumerWorld): readonly Record<string, unknown>[] {
  return JSON.parse(readFileSync(`${world.directory}/leases.json`, 'utf8')).leases;
}

/** Puts the texts in aggregates of up to eight, each in the shard of its keys. */
function putAggregates(world: ConsumerWorld, texts: readonly string[]): void {
  const stream = world.fake.stream('in');
  const parts = texts.map((text) => ({
    partitionKey: text.split('/')[0] as string,
    data: Buffer.from(text),
  }));
  for (const shard of stream.shards) {
    const own = parts.filter(({ partitionKey }) => stream.shardFor(partitionKey) === shard);
    for (let from = 0; from < own.length; from += 8) {
      stream.put(shard, 'a', kplAggregate(own.slice(from, from + 8)).toString('base64'));
    }
  }
}

function holds(batch: Batch, texts: readonly string[]): boolean {
  return batch.records.some((record) => texts.includes(textOf(record)));
}

describe('a record that ends its process', () => {
  test('becomes one dead letter after three ends, and every other record is decided', async () => {
    await using world = await ConsumerWorld.start();
    world.put(...numbered('a', 40), 'b/poison', ...numbered('a', 40, 40));
    const isDeadly = (batch: Batch) => holds(batch, ['b/poison']);
    const deaths = await liveUntilDone(world, { isDeadly }, 81);
    expect(deaths).toBe(4);
    expect(world.distinctTexts()).toEqual(numbered('a', 80));
    expect(world.echoes('rejects')).toMatchObject([{ text: 'b/poison', code: 'poison' }]);
    expect(leases(world)).toMatchObject([{ released: true }]);
    expect(leases(world)[0]).not.toHaveProperty('trying');
  });

  test('that is alone becomes a dead letter after as many ends as are allowed', async () => {
    await using world = await ConsumerWorld.start();
    world.put('b/poison');
    expect(await liveUntilDone(world, { isDeadly: (batch) => holds(batch, ['b/poison']) }, 1)).toBe(3);
    expect(world.echoes('rejects')).toMatchObject([{ text: 'b/poison', code: 'poison' }]);
  });

  test('does not make dead letters of records in the other shards of its process', async () => {
    await using world = await ConsumerWorld.start({ shards: 4 });
    const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    world.put(...keys.flatMap((key) => numbered(key, 20)), 'a/poison');
    const environment = { BATCH_SIZE: '5' };
    await liveUntilDone(world, { environment, isDeadly: (batch) => holds(batch, ['a/poison']) }, 161);
    expect(world.texts('rejects')).toEqual(['a/poison']);
  });

  test('never becomes a dead letter with POISON_ATTEMPTS=-1', async () => {
    await using world = await ConsumerWorld.start();
    world.put('b/poison');
    const environment = { POISON_ATTEMPTS: '-1' };
    for (let deaths = 0; deaths < 5; deaths++) {
      await live(world, { environment, isDeadly: () => true }).died;
    }
    expect(leases(world)).toMatchObject([{ uncleanEnds: 4 }]);
    live(world, { environment, isDeadly: () => false });
    await until('the record is decided', () => world.texts().length === 1);
  });

  test('a stop while records are tried alone condemns none, and the next process goes on with care', async () => {
    await using world = await ConsumerWorld.start();
    world.put(...numbered('a', 5));
    for (let deaths = 0; deaths < 3; deaths++) await live(world, { isDeadly: () => true }).died;
    let tried = false;
    const processor = new EchoProcessor((batch) => {
      tried = batch.records.length === 1;
      return new Promise<void>(() => {});
    });
    const stopped = world.consume({ HAND_OFF_SECONDS: '0.1' }, { processor });
    await until('a record is tried alone', () => tried);
    expect(leases(world)).toMatchObject([{ released: false, trying: expect.stringMatching(/^\d+:0$/) }]);
    await stopped.stop();
    expect(leases(world)).toMatchObject([{ released: true, uncleanEnds: 3 }]);
    expect(leases(world)[0]).not.toHaveProperty('trying');
    const sizes: number[] = [];
    world.consume({}, { processor: new EchoProcessor(({ records }) => void sizes.push(records.length)) });
    await until('all is decided', () => world.texts().length === 5);
    expect(sizes).toEqual([1, 1, 1, 1, 1]);
    expect(world.texts('rejects')).toEqual([]);
  });

  test('is counted in the metrics of the process that makes the dead letter', async () => {
    await using world = await ConsumerWorld.start();
    world.put('b/poison');
    for (let deaths = 0; deaths < 3; deaths++) await live(world, { isDeadly: () => true }).died;
    const metricsRegistry = new Registry();
    live(world, { metricsRegistry, isDeadly: () => true });
    await until('the dead letter', () => world.texts('rejects').length === 1);
    expect(await metricValue(metricsRegistry, 'kinesis_give_ups_total', { reason: 'poison' })).toBe(1);
  });
});

describe('whatever the position of the records that end their process', () => {
  test('exactly those become dead letters, and every other record is decided', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          shards: fc.integer({ min: 1, max: 3 }),
          count: fc.integer({ min: 1, max: 60 }),
          poisons: fc.uniqueArray(fc.nat(59), { minLength: 1, maxLength: 2 }),
          aggregated: fc.boolean(),
          lanes: fc.integer({ min: 1, max: 3 }),
          batchSize: fc.integer({ min: 1, max: 20 }),
          attempts: fc.integer({ min: 1, max: 4 }),
          otherDeaths: fc.uniqueArray(fc.nat(4), { maxLength: 2 }),
          slow: fc.boolean(),
        }),
        async ({ shards, count, poisons, aggregated, lanes, batchSize, attempts, otherDeaths, slow }) => {
          await using world = await ConsumerWorld.start({ shards });
          const texts = Array.from({ length: count }, (_, index) => `k${index % 7}/${index}`);
          const bad = [...new Set(poisons.map((index) => texts[index % count] as string))];
          if (aggregated) putAggregates(world, texts);
          else world.put(...texts);
          let calls = 0;
          const isDeadly = (batch: Batch) =>
            holds(batch, bad) || (batch.records.length > 1 && otherDeaths.includes(calls++));
          const isSlow = ({ records }: Batch) =>
            slow && records.some(({ partitionKey }) => partitionKey === 'k0');
          const environment = {
            PARALLELIZATION_FACTOR: String(lanes),
            BATCH_SIZE: String(batchSize),
            POISON_ATTEMPTS: String(attempts),
          };
          await liveUntilDone(world, { environment, isDeadly, isSlow }, count);
          expect(world.distinctTexts().toSorted()).toEqual(
            texts.filter((text) => !bad.includes(text)).toSorted(),
          );
          expect(new Set(world.texts('rejects'))).toEqual(new Set(bad));
        },
      ),
      { numRuns: 12 },
    );
  }, 300_000);
});
