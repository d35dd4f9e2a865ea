import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { encodeDeadLetter } from '../../../../services/inference/decision/dead-letter.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import type { Batch, Outcome } from '../../../../services/stream/record.ts';
import { RetryLog } from '../../../../services/stream/retry-log.ts';
import { type BatchPolicy, BatchProcessor } from '../../../../services/stream/shard/batch-processor.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { type Echo, EchoProcessor, textOf } from '../../../support/stream/echo-processor.ts';
import { recordingLogger } from '../../../support/stream/recording-logger.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

const { signal } = new AbortController();
const batch: Batch = {
  stream: 'in',
  shardId: 'shard-0',
  epoch: 1,
  records: Array.from({ length: 8 }, (_, index) => recordAt(index)),
};

function silent(clock: ManualClock) {
  const logger = createLogger({ component: 'test', level: 'silent' });
  return { logger, retryLog: new RetryLog(logger, clock), health: new StreamHealth(() => {}, logger) };
}

function world(policy: Partial<BatchPolicy>, before?: (batch: Batch) => void) {
  const clock = new ManualClock();
  const { logger, lines } = recordingLogger();
  const health = new StreamHealth(() => {}, logger);
  const calls: number[] = [];
  const processor = new EchoProcessor((it) => {
    calls.push(it.records.length);
    before?.(it);
  });
  const batches = new BatchProcessor({
    processor,
    policy: { maximumRetries: 2, maximumAgeMilliseconds: undefined, bisect: false, ...policy },
    clock,
    serviceNow: () => clock.now(),
    logger,
    retryLog: new RetryLog(logger, clock),
    health,
    metrics: createStreamMetrics(new Registry()),
  });
  const process = async (of = batch) => {
    let settled = false;
    const done = batches.process(of, signal).finally(() => {
      settled = true;
    });
    // Every wait ends at once.
    while (!settled) {
      clock.advance(clock.nextWakeMilliseconds ?? 0);
      await new Promise(setImmediate);
    }
    return done;
  };
  return { process, calls, clock, lines, health };
}

function poison(it: Batch): void {
  if (it.records.some((record) => textOf(record) === '3')) throw new Error('poison');
}

function codes(outcomes: readonly { readonly data: Uint8Array }[]): (string | undefined)[] {
  return outcomes.map(({ data }) => (JSON.parse(Buffer.from(data).toString()) as Echo).code);
}

describe('batch processor', () => {
  test('retries a batch until it succeeds', async () => {
    let failures = 2;
    const { process, calls } = world({}, () => {
      if (failures-- > 0) throw new Error('busy');
    });
    const { outcomes } = await process();
    expect(outcomes.every(({ kind }) => kind === 'decision')).toBe(true);
    expect(calls).toEqual([8, 8, 8]);
  });

  test('without bisecting, the whole batch becomes dead letters once its retries are used up', async () => {
    const { process, calls } = world({ maximumRetries: 2 }, poison);
    const { outcomes, batches } = await process();
    expect(calls).toEqual([8, 8, 8]);
    expect(codes(outcomes)).toEqual(Array(8).fill('retries_exhausted'));
    expect(batches).toEqual([]);
  });

  test('bisecting finds the record that fails, and its neighbours are decided in order', async () => {
    const { process, calls } = world({ maximumRetries: 1, bisect: true }, poison);
    const { outcomes, batches } = await process();
    expect(codes(outcomes).map((code) => code ?? 'ok')).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((index) => (index === 3 ? 'retries_exhausted' : 'ok')),
    );
    expect(calls).toEqual([8, 4, 2, 2, 1, 1, 1, 4]);
    expect(batches.flatMap((it) => it.records.map(textOf))).toEqual(['0', '1', '2', '4', '5', '6', '7']);
  });

  test('with -1 retries without a limit', async () => {
    let failures = 30;
    const { process, calls } = world({ maximumRetries: -1 }, () => {
      if (failures-- > 0) throw new Error('busy');
    });
    await process();
    expect(calls).toHaveLength(31);
  });

  test('each retry is logged with its cause, its position and the wait that follows', async () => {
    let failures = 4;
    const { process, lines } = world({ maximumRetries: -1 }, () => {
      if (failures-- > 0) throw new Error('the graph refuses it');
    });
    await process();
    const retries = lines.filter(({ operation }) => operation === 'batch');
    expect(retries.map(({ level, tries }) => [level, tries])).toEqual([1, 2, 3, 4].map((it) => ['warn', it]));
    for (const retry of retries) {
      expect(retry).toMatchObject({
        cause: 'the graph refuses it',
        shardId: 'shard-0',
        sequenceNumber: batch.records[0]?.sequenceNumber,
        records: 8,
        delayMilliseconds: expect.any(Number),
      });
    }
  });

  test('a batch that keeps failing shows in the state with shard and position, until it passes', async () => {
    const states: string[] = [];
    const { process, health } = world({ maximumRetries: -1 }, () => {
      states.push(health.message);
      if (states.length <= 7) throw new Error('the graph refuses it');
    });
    await process();
    const [first] = batch.records;
    expect(states.slice(0, 5)).toEqual(Array(5).fill(''));
    expect(states[5]).toBe(
      `shard-0: 8 records from sequence number ${first?.sequenceNumber} failed 5 times in a row: the graph refuses it (trying again)`,
    );
    expect(states[7]).toContain('failed 7 times in a row');
    expect(health.message).toBe('');
  });

  test.each([
    ['its records are given up', { maximumRetries: 6 }],
    ['its records are too old', { maximumRetries: -1, maximumAgeMilliseconds: 60_000 }],
  ])('the problem of a batch ends if %s', async (_, policy) => {
    const { process, health } = world(policy, () => {
      throw new Error('down');
    });
    await process();
    expect(health.message).toBe('');
  });

  test('records that are too old become dead letters, and are not processed', async () => {
    const { process, clock, calls } = world({ maximumAgeMilliseconds: 60_000 });
    clock.advance(60_003);
    const { outcomes } = await process();
    expect(codes(outcomes).map((code) => code ?? 'ok')).toEqual([
      ...Array(3).fill('record_expired'),
      ...Array(5).fill('ok'),
    ]);
    expect(calls).toEqual([5]);
  });

  test.each([undefined, 1])(
    'a record that was given up before gets its dead letter in its place, and is not processed; age limit %s ms',
    async (maximumAgeMilliseconds) => {
      const giveUp = { code: 'invalid_aggregate', message: 'too many parts' } as const;
      const records = batch.records.map((record, index) => ({
        ...record,
        arrivalMilliseconds: Number.POSITIVE_INFINITY,
        ...(index % 3 === 1 ? { giveUp } : {}),
      }));
      const failed: number[] = [];
      const { process, calls } = world({ maximumAgeMilliseconds }, (it) => {
        if (failed.push(it.records.length) === 1) throw new Error('once');
      });
      const { outcomes, batches } = await process({ ...batch, records });
      const echoes = outcomes.map(({ data }): Echo => JSON.parse(Buffer.from(data).toString()));
      expect(echoes.map(({ text, code }) => [text, code])).toEqual(
        records.map((record) => [textOf(record), record.giveUp?.code]),
      );
      expect(calls).toEqual([5, 5]);
      expect(batches.map((it) => it.records.length)).toEqual([5]);
    },
  );

  test('a record that fails for long enough becomes too old', async () => {
    const { process } = world({ maximumRetries: -1, maximumAgeMilliseconds: 60_000 }, () => {
      throw new Error('down');
    });
    expect(codes((await process()).outcomes)).toEqual(Array(8).fill('record_expired'));
  });

  test.each([
    ['more data than a record holds', 'k', 1024 * 1024, 'rejection'],
    ['data and a key that fill a record', 'k', 1024 * 1024 - 1, 'decision'],
    ['a key of long characters that still fits', 'é'.repeat(256), 1024 * 1024 - 512, 'decision'],
    ['a key of long characters that is a byte too long', 'é'.repeat(256), 1024 * 1024 - 511, 'rejection'],
    ['a key of surrogates that still fits', '😀'.repeat(128), 1024 * 1024 - 512, 'decision'],
  ] as const)('an outcome with %s: only one that is too large becomes a dead letter', async (...given) => {
    const [, partitionKey, bytes, kind] = given;
    const records = [recordAt(0), recordAt(1, { data: Buffer.alloc(1024 * 1024, 'x') }), recordAt(2)];
    const clock = new ManualClock();
    const small: Outcome = { kind: 'decision', partitionKey: 'small', data: new Uint8Array(1) };
    const batches = new BatchProcessor({
      processor: {
        process: async () => [small, { kind: 'decision', partitionKey, data: new Uint8Array(bytes) }, small],
        reject: (_batch, { sequenceNumber }, { code }) => ({
          kind: 'rejection',
          partitionKey: `${code} ${sequenceNumber}`,
          data: new Uint8Array(),
        }),
        published: () => {},
      },
      policy: { maximumRetries: 0, maximumAgeMilliseconds: undefined, bisect: false },
      clock,
      serviceNow: () => clock.now(),
      ...silent(clock),
      metrics: createStreamMetrics(new Registry()),
    });
    const { outcomes } = await batches.process({ ...batch, records }, signal);
    const expected = kind === 'decision' ? partitionKey : `too_large ${recordAt(1).sequenceNumber}`;
    expect(outcomes).toMatchObject([small, { kind, partitionKey: expected }, small]);
  });

  test('a dead letter fits into a Kinesis record, whatever the record and the failure', async () => {
    const partitionKey = '\u0001'.repeat(256);
    const record = recordAt(0, { partitionKey, data: Buffer.alloc(1024 * 1024, 'x') });
    const letter = {
      model: 'loan-eligibility',
      modelVersion: '1',
      requestId: '',
      decisionId: 'id',
      rejectedAtMilliseconds: 0,
    };
    const clock = new ManualClock();
    const batches = new BatchProcessor({
      processor: {
        process: async () => {
          throw new Error('\u0001'.repeat(1024 * 1024));
        },
        reject: (of, it, rejection) => ({
          kind: 'rejection',
          partitionKey,
          data: encodeDeadLetter({ ...letter, rejection }, of, it),
        }),
        published: () => {},
      },
      policy: { maximumRetries: 0, maximumAgeMilliseconds: undefined, bisect: false },
      clock,
      serviceNow: () => clock.now(),
      ...silent(clock),
      metrics: createStreamMetrics(new Registry()),
    });
    const { outcomes } = await batches.process({ ...batch, records: [record] }, signal);
    expect(outcomes).toMatchObject([{ kind: 'rejection' }]);
    expect(partitionKey.length + (outcomes[0]?.data.length ?? 0)).toBeLessThanOrEqual(1024 * 1024);
  });
});
