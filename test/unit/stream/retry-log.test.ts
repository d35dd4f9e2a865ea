import { expect, test } from '@jest/globals';
import { type Retry, RetryLog } from '../../../services/stream/retry-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { recordingLogger } from '../../support/stream/recording-logger.ts';

const RETRY: Retry = {
  operation: 'GetRecords',
  error: new Error('ECONNREFUSED'),
  tries: 1,
  delayMilliseconds: 12.3,
  of: { shardId: 'shard-0', sequenceNumber: '7' },
};

test('a retry is one line with cause, position, tries and wait', () => {
  const { logger, lines } = recordingLogger();
  new RetryLog(logger, new ManualClock()).retried(RETRY);
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'warn',
      operation: 'GetRecords',
      cause: 'ECONNREFUSED',
      shardId: 'shard-0',
      sequenceNumber: '7',
      tries: 1,
      delayMilliseconds: 12,
    }),
  ]);
});

test('the cause is a message of bounded length, whatever was thrown', () => {
  const { logger, lines } = recordingLogger();
  const log = new RetryLog(logger, new ManualClock());
  for (const error of ['text', undefined, new Error('x'.repeat(10_000))]) log.retried({ ...RETRY, error });
  expect(lines.map(({ cause }) => cause)).toEqual(['text', 'undefined', 'x'.repeat(500)]);
});

test('however many retries there are, an operation logs at most 10 lines a second, and then tells the rest', () => {
  const { logger, lines } = recordingLogger();
  const clock = new ManualClock();
  const log = new RetryLog(logger, clock);
  for (let retries = 0; retries < 5_000; retries++) log.retried(RETRY);
  expect(lines).toHaveLength(10);
  log.retried({ ...RETRY, operation: 'PutRecords' });
  expect(lines).toHaveLength(11);
  clock.advance(1_000);
  log.retried(RETRY);
  log.retried(RETRY);
  expect(lines.slice(11).map(({ unlogged }) => unlogged)).toEqual([4_990, undefined]);
});
