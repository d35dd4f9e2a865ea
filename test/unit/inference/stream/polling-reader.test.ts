import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import type { StreamClient } from '../../../../services/inference/stream/client/stream-client.ts';
import { StreamError } from '../../../../services/inference/stream/client/stream-error.ts';
import { createStreamMetrics } from '../../../../services/inference/stream/metrics.ts';
import { ByteBudget } from '../../../../services/inference/stream/shard/byte-budget.ts';
import { PollingReader } from '../../../../services/inference/stream/shard/polling-reader.ts';
import { RetentionCheck } from '../../../../services/inference/stream/shard/retention-check.ts';
import { StreamHealth } from '../../../../services/inference/stream/stream-health.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const logger = createLogger({ component: 'test', level: 'silent' });

test('a problem ends with the reading: whoever reads the shard then has problems of its own', async () => {
  const clock = new ManualClock();
  const health = new StreamHealth(() => {}, logger);
  const stopping = new AbortController();
  const unavailable: Partial<StreamClient> = {
    iterator: async () => {
      throw new StreamError('unavailable', 'ECONNREFUSED');
    },
  };
  const shard = {
    client: unavailable as StreamClient,
    stream: 'in',
    shardId: 'shard-0',
    skipLost: false,
    clock,
  };
  const reader = new PollingReader({
    ...shard,
    retention: new RetentionCheck({ ...shard, doneThroughMilliseconds: 0, logger }),
    limit: 1,
    intervalMilliseconds: 1,
    budget: new ByteBudget(1_000),
    health,
    metrics: createStreamMetrics(new Registry()),
  });
  const read = reader.read({ type: 'TRIM_HORIZON' }, stopping.signal).next();
  while (health.message === '') await new Promise(setImmediate);
  const reason = new Error('lease lost');
  stopping.abort(reason);
  await expect(read).rejects.toBe(reason);
  expect(health.message).toBe('');
});
