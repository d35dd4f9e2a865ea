import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createLogger } from '../../../../services/shared/logging.ts';
import type { StreamClient } from '../../../../services/stream/client/stream-client.ts';
import { StreamError } from '../../../../services/stream/client/stream-error.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { ByteBudget } from '../../../../services/stream/read/byte-budget.ts';
import { PollPace } from '../../../../services/stream/read/poll-pace.ts';
import { PollingReader } from '../../../../services/stream/read/polling-reader.ts';
import { RetentionCheck } from '../../../../services/stream/read/retention-check.ts';
import { RetryLog } from '../../../../services/stream/retry-log.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const logger = createLogger({ component: 'test', level: 'silent' });

test('the problem of a reader ends with its reading', async () => {
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
    retention: new RetentionCheck({
      ...shard,
      unreadSinceMilliseconds: 0,
      createdMilliseconds: 0,
      serviceNow: () => clock.now(),
      logger,
    }),
    limit: 1,
    intervalMilliseconds: 1,
    pace: new PollPace({ intervalMilliseconds: 1, maximumMilliseconds: 1, clock }),
    budget: new ByteBudget(1_000),
    retryLog: new RetryLog(logger, clock),
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
