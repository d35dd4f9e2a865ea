import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { metricValue } from '../../support/model/decision-stack.ts';
import { ConsumerWorld, numbered } from '../../support/stream/consumer-world.ts';
import { until } from '../../support/until.ts';

const SHARD = 'shardId-000000000000';

/** A group that read a stream, which was split once. */
async function readWorld() {
  const world = await ConsumerWorld.start();
  const consumer = world.consume();
  world.put(...numbered('a', 5));
  world.fake.stream('in').split(SHARD, 2n ** 127n);
  world.put(...numbered('b', 5));
  await until('all is published', () => world.texts().length === 10);
  await until('the parent is done', () => !consumer.ownedShards.includes(SHARD));
  return { world, consumer };
}

function newTexts(world: ConsumerWorld): string[] {
  return world.distinctTexts().filter((text) => text.startsWith('new'));
}

for (const shards of [1, 2, 3]) {
  for (const ON_TRIMMED of ['stop', 'continue']) {
    test(`a stream made anew with ${shards} shards while nobody reads is read from its beginning: ${ON_TRIMMED}`, async () => {
      const { world: own, consumer } = await readWorld();
      await using world = own;
      await consumer.stop();
      world.fake.deleteStream('in');
      world.fake.createStreams(shards, 'in');
      for (let index = 0; index < 20; index++) world.put(`new${index}/x`);
      const metricsRegistry = new Registry();
      world.consume({ ON_TRIMMED, START_POSITION: 'LATEST' }, { metricsRegistry });
      await until('every new record is published', () => newTexts(world).length === 20);
      const states = world.states.map(({ message }) => message ?? '');
      expect(states.some((message) => message.includes('was deleted and created anew'))).toBe(true);
      await until('all is well', () => world.states.at(-1)?.state === 'ok');
      const labels = { reason: 'recreated' };
      expect(await metricValue(metricsRegistry, 'kinesis_replaced_leases_total', labels)).toBeGreaterThan(0);
      expect(await metricValue(metricsRegistry, 'kinesis_hash_range_gap_ratio', {})).toBe(0);
    });
  }
}

test('a stream made anew while it is read is read from its beginning', async () => {
  const { world: own } = await readWorld();
  await using world = own;
  world.fake.deleteStream('in');
  await until('the consumer misses it', () => /not found/.test(world.states.at(-1)?.message ?? ''));
  world.fake.createStreams(2, 'in');
  for (let index = 0; index < 20; index++) world.put(`new${index}/x`);
  await until('every new record is published', () => newTexts(world).length === 20);
  await until('all is well', () => world.states.at(-1)?.state === 'ok');
});

test('an open shard whose lease says SHARD_END is read on', async () => {
  await using world = await ConsumerWorld.start();
  const first = world.consume();
  world.put(...numbered('a', 5));
  await until('all is published', () => world.texts().length === 5);
  await first.stop();
  const file = `${world.directory}/leases.json`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"\d{56}"/, '"SHARD_END"'));
  world.put(...numbered('a', 5, 5));
  world.consume();
  await until('the rest is published', () => world.distinctTexts().length === 10);
});
