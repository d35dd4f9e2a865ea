import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { systemClock } from '../../../services/shared/clock.ts';
import { NO_FAULTS } from '../../support/kinesis-fake/faults.ts';
import { metricValue } from '../../support/model/decision-stack.ts';
import { ConsumerWorld, numbered } from '../../support/stream/consumer-world.ts';
import { until } from '../../support/until.ts';

const HOUR = 3_600_000;
const SHARD = 'shardId-000000000000';

/** A consumer and a Kinesis whose time the test moves together. */
async function agingWorld() {
  const time = { passedMilliseconds: 0 };
  const now = () => Date.now() + time.passedMilliseconds;
  const world = await ConsumerWorld.start({ now });
  return { world, time, clock: { ...systemClock, now } };
}

function stopped(registry: Registry) {
  return metricValue(registry, 'kinesis_trimmed_checkpoints', {});
}

describe('records that retention deleted before their shard gave a first record', () => {
  test.each(['LATEST', 'TRIM_HORIZON'])('are told to a group that was idle at %s', async (START_POSITION) => {
    const { world: own, time, clock } = await agingWorld();
    await using world = own;
    const first = world.consume({ START_POSITION }, { clock });
    await until('the idle shard is read', () => (world.fake.calls.get('GetRecords') ?? 0) > 3);
    await first.stop();
    time.passedMilliseconds = HOUR;
    world.put(...numbered('lost', 10));
    time.passedMilliseconds = 30 * HOUR;
    world.fake.stream('in').shards[0]?.trim(10);
    world.put('kept/0');
    const metricsRegistry = new Registry();
    const second = world.consume({ START_POSITION }, { clock, metricsRegistry });
    await until('the alarm', async () => (await stopped(metricsRegistry)) === 1);
    expect(world.states.at(-1)?.message).toContain('only 24 h; set ON_TRIMMED=continue');
    await second.stop();
    expect(world.texts()).toEqual([]);
    world.consume({ START_POSITION, ON_TRIMMED: 'continue' }, { clock });
    await until('the rest is published', () => world.texts().length === 1);
  });

  test('are no matter if the idle shard was watched within the retention, again and again', async () => {
    const { world: own, time, clock } = await agingWorld();
    await using world = own;
    for (const hours of [0, 23, 46]) {
      time.passedMilliseconds = hours * HOUR;
      const reads = world.fake.calls.get('GetRecords') ?? 0;
      const watcher = world.consume({}, { clock });
      await until('the idle shard is read', () => (world.fake.calls.get('GetRecords') ?? 0) > reads + 3);
      await watcher.stop();
    }
    time.passedMilliseconds = 69 * HOUR;
    world.put('a/0');
    world.consume({}, { clock });
    await until('the record is published', () => world.texts().length === 1);
  });
});

describe('a shard that was never read', () => {
  test('is named by readiness, by its age and by the reason of the refusal', async () => {
    await using world = await ConsumerWorld.start();
    world.fake.faults = { ...NO_FAULTS, denied: ['GetRecords'] };
    const metricsRegistry = new Registry();
    world.consume({}, { metricsRegistry });
    const age = () => metricValue(metricsRegistry, 'kinesis_checkpoint_age_seconds', { shard: SHARD });
    await until('the age grows', async () => ((await age()) ?? 0) > 0.5);
    expect(world.states.at(-1)).toMatchObject({
      state: 'blocked',
      message: expect.stringContaining('GetRecords: AccessDeniedException'),
    });
    const labels = { kind: 'denied', reason: 'AccessDeniedException' };
    expect(await metricValue(metricsRegistry, 'kinesis_read_failures_total', labels)).toBeGreaterThan(0);
    world.fake.faults = NO_FAULTS;
    await until('it is ready', () => world.states.at(-1)?.state === 'ok');
    world.fake.faults = { ...NO_FAULTS, denied: ['GetRecords'] };
    await until('a later refusal is named', () => world.states.at(-1)?.state === 'degraded');
  });
});
