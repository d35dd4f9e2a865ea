import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { DecisionProcessor } from '../../../../services/inference/decision/decision-processor.ts';
import { keyShare } from '../../../../services/inference/decision/route/key-share.ts';
import type { Candidate } from '../../../../services/inference/decision/route/model-router.ts';
import { systemClock } from '../../../../services/shared/clock.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import type { StreamRecord } from '../../../../services/stream/record.ts';
import { RetryLog } from '../../../../services/stream/retry-log.ts';
import { BatchProcessor } from '../../../../services/stream/shard/batch-processor.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import {
  batchOf,
  decisionStack,
  metricValue,
  read,
  streamRecord,
} from '../../../support/model/decision-stack.ts';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { EXAMPLE_INPUT, loanContract } from '../../../support/model/loan-model.ts';
import { until } from '../../../support/until.ts';

const { signal } = new AbortController();

function application(income: number, requestId?: unknown) {
  return {
    input: { ...EXAMPLE_INPUT, ApplicantIncome: income },
    ...(requestId === undefined ? {} : { request_id: requestId }),
  };
}

/** A stack whose candidate is loaded. */
async function stackWith(candidateModel: FakeModel, candidate: Pick<Candidate, 'mode' | 'weightPercent'>) {
  const stable = new FakeModel({ version: '7' });
  const stack = decisionStack({ stable, loadCandidate: async () => candidateModel });
  const { version, digest } = candidateModel.identity;
  stack.router.setCandidate({ version, digest, ...candidate });
  await until('the candidate is loaded', () => stack.router.find(version) !== undefined);
  return { ...stack, stable };
}

describe('a batch of large records', () => {
  test('lets go of the event loop after each MiB, even if no record is valid', async () => {
    const { processor } = decisionStack({ stable: new FakeModel() });
    const records = Array.from({ length: 40 }, () => streamRecord('x'.repeat(100 * 1024)));
    let turns = 0;
    const count = (): void => {
      turns++;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    const outcomes = await processor.process(batchOf(records), signal);
    clearImmediate(next);
    expect(outcomes.map(({ kind }) => kind)).toEqual(records.map(() => 'rejection'));
    expect(turns).toBeGreaterThanOrEqual(3);
  });
});

describe('a published decision', () => {
  test("keeps the predecessor's fields and adds who decided, where and when", async () => {
    const { processor } = decisionStack({ stable: new FakeModel() });
    const batch = batchOf([streamRecord(application(8_300, '12345'), { subSequenceNumber: 2 })]);
    const [outcome] = await processor.process(batch, signal);
    expect(outcome).toMatchObject({ kind: 'decision', partitionKey: '12345' });
    expect(read(outcome)).toEqual({
      model: 'loan-eligibility',
      model_version: '7',
      prediction: { approved: true, request_id: '12345', probability: 0.83, reasons: [] },
      decision_id: expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      shard_id: 'shardId-000000000000',
      sequence_number: '49590338271490256608559692538361571095921575989136588898',
      sub_sequence_number: 2,
      epoch: 3,
      run_id: 'run-7',
      digest: `sha256:${'7'.padStart(64, '0')}`,
      role: 'stable',
      scored_at: '2026-01-01T00:00:00.000Z',
    });
  });

  test('is of the probability that it shows', async () => {
    const { processor } = decisionStack({ stable: new FakeModel({ probability: () => 0.4999999 }) });
    const [outcome] = await processor.process(batchOf([streamRecord(application(1))]), signal);
    expect(read(outcome).prediction).toMatchObject({ probability: 0.5, approved: true });
  });

  test.each([
    [1.0000001, 1],
    [1.000009, 1],
    [-0.0000001, 0],
  ])('takes a sum of floats that is %d for %d', async (score, probability) => {
    const { processor } = decisionStack({ stable: new FakeModel({ probability: () => score }) });
    const [outcome] = await processor.process(batchOf([streamRecord(application(1))]), signal);
    expect(Buffer.from(outcome?.data ?? []).toString()).toContain(`"probability":${probability},`);
  });

  test('escapes whatever a request id holds', async () => {
    const { processor } = decisionStack({ stable: new FakeModel() });
    const requestId = '"},\n\u0000é🎉\\';
    const [outcome] = await processor.process(batchOf([streamRecord(application(1, requestId))]), signal);
    expect(read(outcome).prediction).toMatchObject({ request_id: requestId });
  });

  test('without a request id gets one that a retry repeats', async () => {
    const { processor } = decisionStack({ stable: new FakeModel() });
    const batch = batchOf([
      streamRecord(application(1)),
      streamRecord(application(1), { sequenceNumber: '5' }),
    ]);
    const first = await processor.process(batch, signal);
    const again = await processor.process(batchOf(batch.records), signal);
    const ids = first.map((outcome) => read(outcome).decision_id);
    expect(first.map((outcome) => outcome.partitionKey)).toEqual(ids);
    expect(again.map((outcome) => read(outcome).decision_id)).toEqual(ids);
    expect(new Set(ids).size).toBe(2);
  });

  test('of a repeated request id has a decision id of its own', async () => {
    const { processor } = decisionStack({ stable: new FakeModel() });
    const records = ['1', '2'].map((sequenceNumber) =>
      streamRecord(application(1, 'same'), { sequenceNumber }),
    );
    const outcomes = await processor.process(batchOf(records), signal);
    expect(outcomes.map((outcome) => outcome.partitionKey)).toEqual(['same', 'same']);
    expect(new Set(outcomes.map((outcome) => read(outcome).decision_id)).size).toBe(2);
  });
});

describe('a bad record', () => {
  test('becomes a dead letter in its place, and its neighbours are decided', async () => {
    const { processor } = decisionStack({ stable: new FakeModel() });
    const bad = streamRecord({ ...application(-5), request_id: 'r-1' }, { partitionKey: 'p-1' });
    const outcomes = await processor.process(
      batchOf([streamRecord(application(1)), bad, streamRecord('{'), streamRecord(application(9_000))]),
      signal,
    );
    expect(outcomes.map((outcome) => outcome.kind)).toEqual([
      'decision',
      'rejection',
      'rejection',
      'decision',
    ]);
    expect(outcomes[1]?.partitionKey).toBe('p-1');
    expect(read(outcomes[1])).toEqual({
      model: 'loan-eligibility',
      model_version: '7',
      request_id: 'r-1',
      decision_id: expect.any(String),
      error: {
        code: 'out_of_range',
        field: 'ApplicantIncome',
        message: 'ApplicantIncome is -5: it must be a number from 0 to 10000000',
      },
      stream: 'loan-applications',
      shard_id: 'shardId-000000000000',
      sequence_number: bad.sequenceNumber,
      sub_sequence_number: 0,
      partition_key: 'p-1',
      arrived_at: '2026-01-01T00:00:00.000Z',
      epoch: 3,
      payload: Buffer.from(bad.data).toString('base64'),
      rejected_at: '2026-01-01T00:00:00.000Z',
    });
    expect(read(outcomes[2])).not.toHaveProperty('request_id');
  });

  test('that is too large for a stream is truncated, with what identifies it', async () => {
    const { processor } = decisionStack({ stable: new FakeModel() });
    const data = Buffer.alloc(2_000_000, 'x');
    const [outcome] = await processor.process(batchOf([streamRecord(data)]), signal);
    expect(outcome?.data.length).toBeLessThan(1_000_000);
    expect(read(outcome)).toMatchObject({
      error: { code: 'too_large' },
      payload_bytes: 2_000_000,
      payload_sha256: createHash('sha256').update(data).digest('hex'),
      payload_truncated: true,
    });
  });

  test('that is too large is handed over whole if the consumer stores objects, under the same name each time', async () => {
    const { processor } = decisionStack({ stable: new FakeModel() });
    const data = Buffer.alloc(2_000_000, 'x');
    const record = streamRecord(data, { sequenceNumber: '17', subSequenceNumber: 2 });
    const batch = { ...batchOf([record]), objectPrefix: 's3://bucket/prefix' };
    const uri = 's3://bucket/prefix/loan-applications/shardId-000000000000/17-2';
    const [outcome] = await processor.process(batch, signal);
    expect(outcome?.object).toEqual({ uri, data, sha256: createHash('sha256').update(data).digest('hex') });
    expect(outcome?.object?.data).toBe(record.data);
    expect(read(outcome)).toMatchObject({ payload_truncated: true, payload_s3_uri: uri });
    const again = processor.reject(batch, record, { code: 'retries_exhausted', message: '' });
    expect(again.object).toEqual(outcome?.object);
  });

  test('that fits into its dead letter has no object', async () => {
    const { processor } = decisionStack({ stable: new FakeModel() });
    const batch = { ...batchOf([streamRecord(Buffer.alloc(720 * 1024))]), objectPrefix: 's3://bucket' };
    const [outcome] = await processor.process(batch, signal);
    expect(outcome).not.toHaveProperty('object');
    expect(read(outcome)).not.toHaveProperty('payload_s3_uri');
  });

  test('on which the consumer gave up becomes a dead letter with the reason it is given', () => {
    const { processor } = decisionStack();
    const record = streamRecord(application(1, 77));
    const outcome = processor.reject(batchOf([record]), record, {
      code: 'record_expired',
      message: 'too old',
    });
    expect(outcome.kind).toBe('rejection');
    expect(read(outcome)).toMatchObject({
      model: 'loan-eligibility',
      model_version: '',
      request_id: '77',
      error: { code: 'record_expired', message: 'too old' },
    });
  });

  test('that ended its process becomes a dead letter without being decoded: that may be what ended the process', () => {
    const { processor } = decisionStack();
    const record = streamRecord(application(1, 77));
    const rejection = { code: 'poison', message: 'the shard lost its owner' } as const;
    const letter = read(processor.reject(batchOf([record]), record, rejection));
    expect(letter).toMatchObject({ error: rejection, payload: Buffer.from(record.data).toString('base64') });
    expect(letter).not.toHaveProperty('request_id');
  });
});

describe('a batch', () => {
  test('of more records than one run takes keeps its order', async () => {
    const stable = new FakeModel();
    const { processor } = decisionStack({ stable });
    const records = Array.from({ length: 600 }, (_, index) => streamRecord(application(index % 97, index)));
    const outcomes = await processor.process(batchOf(records), signal);
    expect(outcomes.map((outcome) => outcome.partitionKey)).toEqual(records.map((_, index) => String(index)));
    expect(stable.scored).toEqual([256, 256, 88]);
  });

  test('is rejected whole, for another try, where the stable model fails; its records count once they are given up', async () => {
    const stable = new FakeModel();
    stable.failure = 'out of memory';
    const { processor, metricsRegistry } = decisionStack({ stable });
    const batch = batchOf([streamRecord(application(1)), streamRecord(application(2))]);
    await expect(processor.process(batch, signal)).rejects.toThrow('out of memory');
    processor.published(batch);
    const labels = { model_version: '7', role: 'stable' };
    expect(await metricValue(metricsRegistry, 'inference_scoring_errors_total', labels)).toBeUndefined();
    for (const record of batch.records) {
      processor.reject(batch, record, { code: 'retries_exhausted', message: 'out of memory' });
    }
    expect(await metricValue(metricsRegistry, 'inference_scoring_errors_total', labels)).toBe(2);
    expect(await metricValue(metricsRegistry, 'inference_decisions_total', labels)).toBeUndefined();
  });

  test.each([Number.NaN, 1.0001, -0.0001])(
    'is rejected where the graph gives no probability but %d',
    async (score) => {
      const { processor } = decisionStack({ stable: new FakeModel({ probability: () => score }) });
      await expect(processor.process(batchOf([streamRecord(application(1))]), signal)).rejects.toThrow(
        /probability/,
      );
    },
  );

  test.each([
    ['no model is loaded', undefined],
    ['the model has no contract', new FakeModel({ contract: undefined })],
  ])('is rejected while %s', async (_, stable) => {
    const { processor } = decisionStack(stable ? { stable } : {});
    const processing = (async () => processor.process(batchOf([streamRecord(application(1))]), signal))();
    await expect(processing).rejects.toMatchObject({ name: 'NoModelError' });
  });

  test('is given up as soon as the consumer stops', async () => {
    const { processor } = decisionStack({ stable: new FakeModel() });
    const stopped = AbortSignal.abort(new Error('stopping'));
    await expect(processor.process(batchOf([streamRecord(application(1))]), stopped)).rejects.toThrow(
      'stopping',
    );
  });

  test('is counted when it is out, and once', async () => {
    const { processor, metricsRegistry } = decisionStack({ stable: new FakeModel() });
    const batch = batchOf([
      streamRecord(application(9_000)),
      streamRecord(application(100)),
      streamRecord('x'),
    ]);
    await processor.process(batch, signal);
    await processor.process(batch, signal);
    const approved = { model_version: '7', role: 'stable', decision: 'true' };
    expect(await metricValue(metricsRegistry, 'inference_decisions_total', approved)).toBeUndefined();
    processor.published(batch);
    processor.published(batch);
    expect(await metricValue(metricsRegistry, 'inference_decisions_total', approved)).toBe(1);
    expect(await metricValue(metricsRegistry, 'inference_rejections_total', { code: 'not_json' })).toBe(1);
    expect(await metricValue(metricsRegistry, 'inference_probability_count', { model_version: '7' })).toBe(2);
    expect(await metricValue(metricsRegistry, 'inference_probability_bucket', { le: '0.05' })).toBe(1);
    const group = { model_version: '7', group: 'Property_Area', value: 'Urban', decision: 'false' };
    expect(await metricValue(metricsRegistry, 'inference_group_decisions_total', group)).toBe(1);
  });
});

describe('a record on which scoring fails', () => {
  const POISON = 4_321;
  const poisoned = (records: number, places: readonly number[]) =>
    Array.from({ length: records }, (_, index) =>
      streamRecord(application(places.includes(index) ? POISON : 9_000, index), {
        partitionKey: `applicant-${index}`,
      }),
    );
  const failsOn = (income: number) => income === POISON;
  const nothing = (income: number) => (income === POISON ? Number.NaN : 0.9);

  /** Decides as the stream does: by retries and bisecting. */
  async function decided(stack: ReturnType<typeof decisionStack>, records: readonly StreamRecord[]) {
    const { processor, logger } = stack;
    const clock = { ...systemClock, sleep: async () => {} };
    const batches = new BatchProcessor({
      processor,
      policy: { maximumRetries: 3, maximumAgeMilliseconds: undefined, bisect: true },
      clock,
      serviceNow: () => clock.now(),
      logger,
      retryLog: new RetryLog(logger, clock),
      health: new StreamHealth(() => {}, logger),
      metrics: createStreamMetrics(new Registry()),
    });
    const { outcomes, batches: done } = await batches.process(batchOf(records), signal);
    for (const batch of done) processor.published(batch);
    return outcomes;
  }

  test.each([
    ['throws', new FakeModel({ failsOn })],
    ['gives no probability', new FakeModel({ probability: nothing })],
  ])('counts once where the graph %s, however often its batch is tried', async (_, stable) => {
    const stack = decisionStack({ stable });
    const outcomes = await decided(stack, poisoned(500, [123]));
    expect(outcomes.flatMap(({ kind }, index) => (kind === 'rejection' ? [index] : []))).toEqual([123]);
    const { metricsRegistry } = stack;
    const labels = { model_version: '7', role: 'stable' };
    expect(await metricValue(metricsRegistry, 'inference_scoring_errors_total', labels)).toBe(1);
    expect(await metricValue(metricsRegistry, 'inference_decisions_total', labels)).toBe(499);
  });

  test.each([
    ['throws', new FakeModel({ version: '8', failsOn })],
    ['gives no probability', new FakeModel({ version: '8', probability: nothing })],
  ])('of the candidate alone goes to the stable model where the graph %s', async (_, candidate) => {
    const stack = await stackWith(candidate, { mode: 'canary', weightPercent: 100 });
    const outcomes = await decided(stack, poisoned(200, [17, 18]));
    const byStable = outcomes.flatMap((it, index) => (read(it).model_version === '7' ? [index] : []));
    expect(byStable).toEqual([17, 18]);
    const labels = { model_version: '8', role: 'candidate' };
    expect(await metricValue(stack.metricsRegistry, 'inference_scoring_errors_total', labels)).toBe(2);
  });

  test('of both models counts once against each', async () => {
    const candidate = new FakeModel({ version: '8', failsOn });
    const stack = decisionStack({
      stable: new FakeModel({ failsOn }),
      loadCandidate: async () => candidate,
    });
    const { digest } = candidate.identity;
    stack.router.setCandidate({ version: '8', digest, mode: 'canary', weightPercent: 100 });
    await until('the candidate is loaded', () => stack.router.canary !== undefined);
    await decided(stack, poisoned(50, [3]));
    for (const labels of [
      { model_version: '7', role: 'stable' },
      { model_version: '8', role: 'candidate' },
    ]) {
      expect(await metricValue(stack.metricsRegistry, 'inference_scoring_errors_total', labels)).toBe(1);
    }
  });

  test('is looked for a few times only: a candidate that fails on everything costs few runs', async () => {
    const candidate = new FakeModel({ version: '8', failure: 'unknown operator' });
    const stack = await stackWith(candidate, { mode: 'canary', weightPercent: 100 });
    await decided(stack, poisoned(256, []));
    expect(candidate.scored.length).toBeLessThan(32);
    const labels = { model_version: '8', role: 'candidate' };
    expect(await metricValue(stack.metricsRegistry, 'inference_scoring_errors_total', labels)).toBe(256);
  });

  test('in shadow counts alone, and its neighbours are compared', async () => {
    const candidate = new FakeModel({ version: '8', failsOn });
    const stack = await stackWith(candidate, { mode: 'shadow', weightPercent: 0 });
    await decided(stack, poisoned(100, [40]));
    await stack.shadow.idle();
    const labels = { model_version: '8' };
    expect(await metricValue(stack.metricsRegistry, 'inference_shadow_errors_total', labels)).toBe(1);
    expect(await metricValue(stack.metricsRegistry, 'inference_shadow_comparisons_total', labels)).toBe(99);
  });
});

describe('in canary', () => {
  const records = Array.from({ length: 400 }, (_, index) =>
    streamRecord(application(9_000, index), { partitionKey: `applicant-${index}` }),
  );

  test("a stable share of the keys is the candidate's, and a key stays with its model", async () => {
    const { processor, metricsRegistry } = await stackWith(new FakeModel({ version: '8' }), {
      mode: 'canary',
      weightPercent: 25,
    });
    const batch = batchOf(records);
    const outcomes = await processor.process(batch, signal);
    processor.published(batch);
    const versions = outcomes.map((outcome) => read(outcome).model_version);
    expect(versions).toEqual(records.map((record) => (keyShare(record.partitionKey) < 25 ? '8' : '7')));
    const share = versions.filter((version) => version === '8').length;
    expect(share).toBeGreaterThan(60);
    expect(share).toBeLessThan(140);
    const labels = { model_version: '8', role: 'candidate', decision: 'true' };
    expect(await metricValue(metricsRegistry, 'inference_decisions_total', labels)).toBe(share);
    expect(
      await metricValue(metricsRegistry, 'inference_candidate_weight_percent', { model_version: '8' }),
    ).toBe(25);
  });

  test.each<[string, (candidate: FakeModel) => FakeModel]>([
    ['fails', (candidate) => Object.assign(candidate, { failure: 'unknown operator' })],
    ['gives no probability', () => new FakeModel({ version: '8', probability: () => Number.NaN })],
  ])('a candidate that %s leaves its records to the stable model', async (_, spoil) => {
    const candidate = spoil(new FakeModel({ version: '8' }));
    const { processor, metricsRegistry } = await stackWith(candidate, { mode: 'canary', weightPercent: 100 });
    const batch = batchOf(records.slice(0, 10));
    const outcomes = await processor.process(batch, signal);
    processor.published(batch);
    expect(outcomes.map((outcome) => read(outcome).model_version)).toEqual(Array(10).fill('7'));
    expect(outcomes.map((outcome) => outcome.partitionKey)).toEqual(
      records.slice(0, 10).map((_, index) => String(index)),
    );
    const labels = { model_version: '8', role: 'candidate' };
    expect(await metricValue(metricsRegistry, 'inference_scoring_errors_total', labels)).toBe(10);
    expect(await metricValue(metricsRegistry, 'inference_decisions_total', { role: 'stable' })).toBe(10);
    expect(
      await metricValue(metricsRegistry, 'inference_decisions_total', { role: 'candidate' }),
    ).toBeUndefined();
  });
});

describe('in shadow', () => {
  const batch = batchOf([9_000, 6_000, 4_000, -1].map((income) => streamRecord(application(income))));

  test('only the stable decision is published, and the candidate is asked once it is out', async () => {
    const candidate = new FakeModel({ version: '8', probability: (income) => (income > 7_000 ? 0.9 : 0.1) });
    const { processor, shadow, metricsRegistry } = await stackWith(candidate, {
      mode: 'shadow',
      weightPercent: 0,
    });
    const outcomes = await processor.process(batch, signal);
    expect(outcomes.slice(0, 3).map((outcome) => read(outcome).model_version)).toEqual(['7', '7', '7']);
    expect(candidate.scored).toEqual([]);
    processor.published(batch);
    await shadow.idle();
    expect(candidate.scored).toEqual([3]);
    const value = (name: string, labels: Record<string, string>) =>
      metricValue(metricsRegistry, name, { model_version: '8', ...labels });
    expect(await value('inference_shadow_comparisons_total', { agreement: 'agree' })).toBe(2);
    expect(await value('inference_shadow_comparisons_total', { agreement: 'flip' })).toBe(1);
    const all = { group: '', value: '', decision: 'true' };
    expect(await value('inference_shadow_decisions_total', { scored_by: 'stable', ...all })).toBe(2);
    expect(await value('inference_shadow_decisions_total', { scored_by: 'candidate', ...all })).toBe(1);
    const urban = { group: 'Property_Area', value: 'Urban', decision: 'false' };
    expect(await value('inference_shadow_decisions_total', { scored_by: 'candidate', ...urban })).toBe(2);
    expect(await value('inference_shadow_probability_bucket', { scored_by: 'candidate', le: '0.1' })).toBe(2);
    expect(await value('inference_shadow_probability_count', { scored_by: 'stable' })).toBe(3);
  });

  test('a candidate that fails is counted and disturbs nobody', async () => {
    const candidate = new FakeModel({ version: '8', failure: 'unknown operator' });
    const { processor, shadow, metricsRegistry } = await stackWith(candidate, {
      mode: 'shadow',
      weightPercent: 0,
    });
    await processor.process(batch, signal);
    processor.published(batch);
    await shadow.idle();
    expect(await metricValue(metricsRegistry, 'inference_shadow_errors_total', { model_version: '8' })).toBe(
      3,
    );
    expect(await metricValue(metricsRegistry, 'inference_decisions_total', { decision: 'true' })).toBe(2);
  });

  test('what the candidate would refuse is counted as its error', async () => {
    const contract = loanContract();
    const narrower = {
      ...contract,
      fields: contract.fields.map((field) =>
        field.name === 'ApplicantIncome' ? { ...field, maximum: 5_000 } : field,
      ),
    };
    const candidate = new FakeModel({ version: '8', contract: narrower as typeof contract });
    const { processor, shadow, metricsRegistry } = await stackWith(candidate, {
      mode: 'shadow',
      weightPercent: 0,
    });
    await processor.process(batch, signal);
    processor.published(batch);
    await shadow.idle();
    expect(await metricValue(metricsRegistry, 'inference_shadow_errors_total', { model_version: '8' })).toBe(
      2,
    );
    expect(candidate.scored).toEqual([1]);
  });

  test('a candidate that lags is spared, and what it missed is counted', async () => {
    const gate = Promise.withResolvers<void>();
    const candidate = new FakeModel({ version: '8', gate: gate.promise });
    const stack = decisionStack({
      stable: new FakeModel(),
      loadCandidate: async () => candidate,
      backlogLimitBytes: 1_000,
    });
    stack.router.setCandidate({
      version: '8',
      digest: candidate.identity.digest,
      mode: 'shadow',
      weightPercent: 0,
    });
    await until('the candidate is loaded', () => stack.router.find('8') !== undefined);
    const processor = new DecisionProcessor(stack);
    for (let round = 0; round < 3; round++) {
      const round = batchOf(batch.records);
      await processor.process(round, signal);
      processor.published(round);
    }
    gate.resolve();
    await stack.shadow.idle();
    expect(candidate.scored).toEqual([3]);
    expect(
      await metricValue(stack.metricsRegistry, 'inference_shadow_dropped_total', { model_version: '8' }),
    ).toBe(6);
  });
});
