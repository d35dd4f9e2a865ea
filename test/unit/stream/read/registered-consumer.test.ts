import { describe, expect, test } from '@jest/globals';
import type { FanOutClient, FanOutConsumer } from '../../../../services/stream/client/fan-out-client.ts';
import { StreamError, type StreamErrorKind } from '../../../../services/stream/client/stream-error.ts';
import { RegisteredConsumer } from '../../../../services/stream/read/registered-consumer.ts';
import { FanOutUnavailable } from '../../../../services/stream/read/shard-reader.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const { signal } = new AbortController();

/** Gives the answers in turn, and then the last answer every time. */
function consumerOf(...answers: readonly (FanOutConsumer['status'] | StreamErrorKind)[]) {
  const calls: string[] = [];
  const left = [...answers];
  const call = (operation: string) => async () => {
    calls.push(operation);
    const answer = (left.length > 1 ? left.shift() : left[0]) ?? 'ACTIVE';
    if (answer !== 'ACTIVE' && answer !== 'CREATING' && answer !== 'DELETING') {
      throw new StreamError(answer, answer);
    }
    return { arn: `arn-${answer}`, status: answer };
  };
  const client = {
    describeConsumer: call('describe'),
    registerConsumer: call('register'),
  } as unknown as FanOutClient;
  const clock = new ManualClock();
  const consumer = new RegisteredConsumer({ client, streamArn: 'arn', name: 'group', clock, signal });
  const arn = async () => {
    let settled = false;
    const result = consumer.arn(signal).finally(() => {
      settled = true;
    });
    result.catch(() => {});
    while (!settled) {
      await new Promise(setImmediate);
      clock.advance(clock.nextWakeMilliseconds ?? 0);
    }
    return result;
  };
  return { consumer, arn, calls };
}

describe('registered consumer', () => {
  test('an existing consumer is used', async () => {
    const { arn, calls } = consumerOf('ACTIVE');
    expect(await arn()).toBe('arn-ACTIVE');
    expect(calls).toEqual(['describe']);
  });

  test('a missing consumer is registered and awaited', async () => {
    const { arn, calls } = consumerOf('not_found', 'CREATING', 'CREATING', 'ACTIVE');
    expect(await arn()).toBe('arn-ACTIVE');
    expect(calls).toEqual(['describe', 'register', 'describe', 'describe']);
  });

  test('if another member was faster, its registration is used', async () => {
    const { arn, calls } = consumerOf('not_found', 'in_use', 'CREATING', 'ACTIVE');
    expect(await arn()).toBe('arn-ACTIVE');
    expect(calls).toEqual(['describe', 'register', 'describe', 'describe']);
  });

  test('all shards share one registration', async () => {
    const { consumer, calls } = consumerOf('ACTIVE');
    await Promise.all([consumer.arn(signal), consumer.arn(signal)]);
    await consumer.arn(signal);
    expect(calls).toEqual(['describe']);
  });

  test('a failure is passed to all callers that wait, and the next call tries again', async () => {
    const { consumer, arn, calls } = consumerOf('not_found', 'denied', 'ACTIVE');
    const waiting = await Promise.allSettled([consumer.arn(signal), consumer.arn(signal)]);
    expect(waiting).toMatchObject([{ reason: { kind: 'denied' } }, { reason: { kind: 'denied' } }]);
    expect(await arn()).toBe('arn-ACTIVE');
    expect(calls).toEqual(['describe', 'register', 'describe']);
  });

  test('a consumer that never becomes active is given up', async () => {
    const { arn } = consumerOf('DELETING');
    await expect(arn()).rejects.toThrow(FanOutUnavailable);
  });

  test('an abort ends only the wait of its own caller', async () => {
    const { consumer, arn } = consumerOf('CREATING', 'ACTIVE');
    const closing = new AbortController();
    const reason = new Error('shard given up');
    const mine = consumer.arn(closing.signal);
    closing.abort(reason);
    await expect(mine).rejects.toBe(reason);
    expect(await arn()).toBe('arn-ACTIVE');
  });
});
