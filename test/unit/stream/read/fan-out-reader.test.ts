import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createLogger } from '../../../../services/shared/logging.ts';
import { StreamError, type StreamErrorKind } from '../../../../services/stream/client/stream-error.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { ByteBudget } from '../../../../services/stream/read/byte-budget.ts';
import { EndProof } from '../../../../services/stream/read/end-proof.ts';
import { FanOutReader } from '../../../../services/stream/read/fan-out-reader.ts';
import { RECORD_OVERHEAD_BYTES } from '../../../../services/stream/read/read-memory.ts';
import { RegisteredConsumer } from '../../../../services/stream/read/registered-consumer.ts';
import { RetentionCheck } from '../../../../services/stream/read/retention-check.ts';
import { FanOutUnavailable } from '../../../../services/stream/read/shard-reader.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { textOf } from '../../../support/stream/echo-processor.ts';
import { pushed, type Script, ScriptedFanOut } from '../../../support/stream/scripted-fan-out.ts';
import { afterRecord, recordAt } from '../../../support/stream/stream-record.ts';

const logger = createLogger({ component: 'test', level: 'silent' });
const HORIZON = { type: 'TRIM_HORIZON' } as const;

function failing(kind: StreamErrorKind): StreamError {
  return new StreamError(kind, kind);
}

function world(
  scripts: readonly Script[],
  { share = new ByteBudget(1_000_000_000).share(), closed = false } = {},
) {
  const clock = new ManualClock();
  const client = new ScriptedFanOut(...scripts);
  const stopping = new AbortController();
  const { signal } = stopping;
  const metricsRegistry = new Registry();
  const health = new StreamHealth(() => {}, logger);
  const metrics = createStreamMetrics(metricsRegistry);
  const shard = { shardId: 'shard-0', parents: [], hashRange: { start: '0', end: '1' }, closed };
  const reader = new FanOutReader({
    client,
    consumer: new RegisteredConsumer({ client, streamArn: 'arn', name: 'group', clock, signal }),
    stream: 'in',
    shardId: 'shard-0',
    retention: new RetentionCheck({
      client: {
        describe: async () => ({ arn: 'arn', retentionMilliseconds: 24 * 3_600_000, createdMilliseconds: 0 }),
      },
      stream: 'in',
      shardId: 'shard-0',
      unreadSinceMilliseconds: 0,
      createdMilliseconds: 0,
      skipLost: false,
      clock,
      serviceNow: () => clock.now(),
      logger,
    }),
    end: new EndProof({
      client: { listShards: async () => [shard] },
      stream: 'in',
      shardId: 'shard-0',
      metrics,
    }),
    share,
    clock,
    health,
    metrics,
  });
  const reads = reader.read(HORIZON, signal);
  const texts: string[] = [];
  /** The next read. Every wait until then ends at once. */
  const next = async () => {
    let settled = false;
    const read = reads.next().finally(() => {
      settled = true;
    });
    read.catch(() => {});
    while (!settled) {
      await new Promise(setImmediate);
      if (!settled) clock.advance(clock.nextWakeMilliseconds ?? 0);
    }
    const { value, done } = await read;
    if (value) texts.push(...value.records.map(textOf));
    return done === true;
  };
  const toEnd = async () => {
    while (!(await next()));
    return texts;
  };
  return { clock, client, reads, next, toEnd, texts, stopping, health, metricsRegistry };
}

const END = pushed([], { continuation: undefined, namesChildren: true });

describe('fan-out reader', () => {
  test('delivers the pushed records, until the end of the shard', async () => {
    const { toEnd, client } = world([[pushed([0, 1]), pushed([]), pushed([2]), END]]);
    expect(await toEnd()).toEqual(['0', '1', '2']);
    expect(client.starts).toEqual([HORIZON]);
  });

  test('the last records may come with the end', async () => {
    const { toEnd } = world([[pushed([0, 1], { continuation: undefined, namesChildren: true })]]);
    expect(await toEnd()).toEqual(['0', '1']);
  });

  test('an event without a next position is no end of an open shard: reading goes on after its records', async () => {
    const doubtful = pushed([0, 1], { continuation: undefined });
    const { toEnd, client, metricsRegistry } = world([[doubtful], [pushed([2]), END]]);
    expect(await toEnd()).toEqual(['0', '1', '2']);
    expect(client.starts).toEqual([HORIZON, afterRecord(1)]);
    const metric = await metricsRegistry.getSingleMetric('kinesis_unproven_ends_total')?.get();
    expect(metric?.values).toMatchObject([{ value: 1 }]);
  });

  test('such an event ends a shard that is listed as closed, even if it names no children', async () => {
    const { toEnd } = world([[pushed([0], { continuation: undefined })]], { closed: true });
    expect(await toEnd()).toEqual(['0']);
  });

  test('a shard that never gets beyond such events is polled', async () => {
    const { next } = world([[pushed([], { continuation: undefined })]]);
    const reads = async () => {
      while (!(await next()));
    };
    await expect(reads()).rejects.toThrow(FanOutUnavailable);
  });

  test('subscribes again when a subscription ends, after the last event that was delivered', async () => {
    const idle = pushed([], { continuation: 'idle' });
    const { toEnd, client } = world([[pushed([0, 1])], [idle], [pushed([2]), END]]);
    expect(await toEnd()).toEqual(['0', '1', '2']);
    expect(client.starts).toEqual([
      HORIZON,
      afterRecord(1),
      { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: 'idle' },
    ]);
  });

  test('subscribes once a second at most', async () => {
    const { toEnd, clock } = world([[pushed([0])], [pushed([1])], [END]]);
    const started = clock.monotonic();
    await toEnd();
    expect(clock.monotonic() - started).toBe(2_000);
  });

  test('a broken connection loses no record and repeats none', async () => {
    const { toEnd, client, health } = world([
      [pushed([0]), pushed([1]), failing('unavailable')],
      [pushed([2]), END],
    ]);
    expect(await toEnd()).toEqual(['0', '1', '2']);
    expect(client.starts).toEqual([HORIZON, afterRecord(1)]);
    expect(health.message).toBe('');
  });

  test('the problem of a reader ends with its reading', async () => {
    const { next, health } = world([[failing('unavailable')]]);
    await expect(next()).rejects.toThrow(FanOutUnavailable);
    expect(health.message).toBe('');
  });

  test('a shard with another subscription is tried again every second', async () => {
    const inUse: Script = [failing('in_use')];
    const { toEnd, client, clock } = world([inUse, inUse, inUse, inUse, inUse, inUse, [pushed([0]), END]]);
    const started = clock.monotonic();
    expect(await toEnd()).toEqual(['0']);
    expect(client.starts).toEqual(Array(7).fill(HORIZON));
    expect(clock.monotonic() - started).toBe(6_000);
  });

  test('a subscription that is taken away goes on after its last event', async () => {
    const { toEnd, client } = world([
      [pushed([0]), failing('in_use')],
      [pushed([1]), END],
    ]);
    expect(await toEnd()).toEqual(['0', '1']);
    expect(client.starts).toEqual([HORIZON, afterRecord(0)]);
  });

  test('waits while throttled, and counts the throttle', async () => {
    const { toEnd, metricsRegistry } = world([
      [failing('throttled')],
      [failing('throttled')],
      [pushed([0]), END],
    ]);
    expect(await toEnd()).toEqual(['0']);
    const metric = await metricsRegistry.getSingleMetric('kinesis_throttles_total')?.get();
    expect(metric?.values).toMatchObject([{ value: 2, labels: { operation: 'SubscribeToShard' } }]);
  });

  test('a consumer that was removed is registered again', async () => {
    const { toEnd, client } = world([[failing('not_found')], [pushed([0]), END]]);
    expect(await toEnd()).toEqual(['0']);
    expect(client.registrations).toBe(2);
  });

  for (const kind of ['denied', 'unsupported', 'invalid'] as const) {
    test(`gives up at once if the call is ${kind}`, async () => {
      const { next, client } = world([[failing(kind)]]);
      await expect(next()).rejects.toThrow(FanOutUnavailable);
      expect(client.starts).toHaveLength(1);
    });
  }

  test('gives up after five failures in a row, and an event restarts the count', async () => {
    const broken: Script = [failing('unavailable')];
    const silent: Script = [];
    const { next, client, texts } = world([broken, broken, silent, broken, [pushed([0])], broken]);
    await next();
    await expect(next()).rejects.toMatchObject({ cause: { kind: 'unavailable' } });
    expect(texts).toEqual(['0']);
    expect(client.starts).toEqual([...Array(5).fill(HORIZON), ...Array(5).fill(afterRecord(0))]);
  });

  test('gives up if the shard stays in use for 30 seconds', async () => {
    const { next, client } = world([[failing('in_use')]]);
    await expect(next()).rejects.toMatchObject({ cause: { kind: 'in_use' } });
    expect(client.starts).toHaveLength(30);
  });

  test('a subscription without an event for 30 seconds is replaced', async () => {
    const { toEnd, client, clock } = world([
      [pushed([0]), 'silence'],
      [pushed([1]), END],
    ]);
    const started = clock.monotonic();
    expect(await toEnd()).toEqual(['0', '1']);
    expect(client.starts).toEqual([HORIZON, afterRecord(0)]);
    expect(clock.monotonic() - started).toBeGreaterThanOrEqual(30_000);
    expect(client.signals[0]?.aborted).toBe(true);
  });

  test('does not read on while the caller works', async () => {
    const { next, client } = world([[pushed([0]), pushed([1]), pushed([2]), END]]);
    await next();
    await new Promise(setImmediate);
    expect(client.taken).toBe(1);
    await next();
    expect(client.taken).toBe(2);
  });

  test('an event is delivered once the budget has room for it, and stays reserved', async () => {
    const share = new ByteBudget(200_000).share();
    const data = new Uint8Array(60_000);
    const large = pushed([], { records: [recordAt(0, { data })], continuation: 'large' });
    const { reads, client } = world([[large, END]], { share });
    share.add(180_000);
    let given = false;
    const read = reads.next().then(() => {
      given = true;
    });
    while (client.taken === 0) await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(given).toBe(false);
    share.add(-100_000);
    await read;
    expect(share.usedBytes).toBe(80_000 + 60_000 + RECORD_OVERHEAD_BYTES);
  });

  test('an abort ends the subscription at once', async () => {
    const { reads, client, stopping } = world([['silence']]);
    const read = reads.next();
    while (client.signals.length === 0) await new Promise(setImmediate);
    const reason = new Error('lease lost');
    stopping.abort(reason);
    await expect(read).rejects.toBe(reason);
    expect(client.signals[0]?.aborted).toBe(true);
  });

  test('a caller that stops reading ends the subscription, and the shard is not counted any more', async () => {
    const { next, reads, client, metricsRegistry } = world([[pushed([0]), 'silence']]);
    await next();
    const counted = async () =>
      (await metricsRegistry.getSingleMetric('kinesis_shards_reading')?.get())?.values;
    expect(await counted()).toMatchObject([{ value: 1, labels: { mode: 'fan-out' } }]);
    await reads.return();
    expect(client.signals[0]?.aborted).toBe(true);
    expect(await counted()).toMatchObject([{ value: 0 }]);
  });
});
