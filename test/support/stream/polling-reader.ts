import { Registry } from 'prom-client';
import type { Logger } from '../../../services/shared/logging.ts';
import type { StreamClient } from '../../../services/stream/client/stream-client.ts';
import { createStreamMetrics } from '../../../services/stream/metrics.ts';
import { ByteBudget } from '../../../services/stream/read/byte-budget.ts';
import { EndProof } from '../../../services/stream/read/end-proof.ts';
import { PollPace } from '../../../services/stream/read/poll-pace.ts';
import { PollingReader } from '../../../services/stream/read/polling-reader.ts';
import { RetentionCheck } from '../../../services/stream/read/retention-check.ts';
import { RetryLog } from '../../../services/stream/retry-log.ts';
import { StreamHealth } from '../../../services/stream/stream-health.ts';
import type { ManualClock } from '../manual-clock.ts';

export interface ReaderUnderTestOptions {
  /** Only the calls that the test answers. */
  readonly client: Partial<StreamClient>;
  readonly clock: ManualClock;
  readonly logger: Logger;
  readonly intervalMilliseconds: number;
  readonly maximumMilliseconds: number;
}

/** A reader of `shard-0` of the stream `in` that reads one record at a time, and what it reports to. */
export function pollingReader(options: ReaderUnderTestOptions) {
  const { client, clock, logger, intervalMilliseconds, maximumMilliseconds } = options;
  const health = new StreamHealth(() => {}, logger);
  const metricsRegistry = new Registry();
  const metrics = createStreamMetrics(metricsRegistry);
  const share = new ByteBudget(1_000_000_000).share();
  const shard = {
    client: client as StreamClient,
    stream: 'in',
    shardId: 'shard-0',
    skipLost: false,
    clock,
    metrics,
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
    end: new EndProof(shard),
    limit: 1,
    intervalMilliseconds,
    pace: new PollPace({ intervalMilliseconds, maximumMilliseconds, clock }),
    share,
    retryLog: new RetryLog(logger, clock),
    health,
  });
  return { reader, health, share, metricsRegistry };
}
