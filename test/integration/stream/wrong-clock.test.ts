import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { systemClock } from '../../../services/shared/clock.ts';
import { metricValue } from '../../support/model/decision-stack.ts';
import { ConsumerWorld, numbered } from '../../support/stream/consumer-world.ts';
import { until } from '../../support/until.ts';

const DAY = 86_400_000;
/** Of the estimate of the service's time, if the clock of the machine is of no use. */
const BOUND_MILLISECONDS = 1_100;

describe('a machine whose clock is wrong', () => {
  test.each([20_000, -20_000, 2 * DAY, -2 * DAY])(
    'by %d ms starts at LATEST: nothing is left out',
    async (wrongBy) => {
      await using world = await ConsumerWorld.start();
      world.put(...numbered('old', 3));
      await new Promise((resolve) => setTimeout(resolve, BOUND_MILLISECONDS));
      const clock = { ...systemClock, now: () => Date.now() + wrongBy };
      world.consume({ START_POSITION: 'LATEST' }, { clock });
      await until('the consumer reads', () => (world.fake.calls.get('GetRecords') ?? 0) > 2);
      world.put(...numbered('new', 18));
      await until('the new records are published', () => world.texts().length >= 18);
      expect(world.texts()).toEqual(numbered('new', 18));
    },
  );

  test('by two days for a while holds no shard, and makes no record too old', async () => {
    await using world = await ConsumerWorld.start();
    let wrongBy = 0;
    const clock = { ...systemClock, now: () => Date.now() + wrongBy };
    const metricsRegistry = new Registry();
    world.consume({ MAX_RECORD_AGE_SECONDS: '3600' }, { clock, metricsRegistry });
    world.put(...numbered('a', 5));
    await until('the first records are published', () => world.texts().length === 5);
    for (const error of [2 * DAY, -2 * DAY, 0]) {
      wrongBy = error;
      const reads = world.fake.calls.get('GetRecords') ?? 0;
      await until('the shard is read on', () => (world.fake.calls.get('GetRecords') ?? 0) > reads + 5);
      world.put('a/x');
    }
    await until('all is published', () => world.texts().length === 8);
    expect(world.texts('rejects')).toEqual([]);
    expect(await metricValue(metricsRegistry, 'kinesis_trimmed_checkpoints', {})).toBe(0);
    const age = () => metricValue(metricsRegistry, 'kinesis_checkpoint_age_seconds', {});
    await until('the age is known', async () => (await age()) !== undefined);
    expect(await age()).toBeLessThan(30);
  });
});
