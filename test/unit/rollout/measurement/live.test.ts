import { describe, expect, test } from '@jest/globals';
import { fill } from '../../../../operators/rollout/measurement/fill.ts';
import { measureCanary, measureSoak } from '../../../../operators/rollout/measurement/live.ts';
import { MetricsError, type Sample } from '../../../../operators/rollout/measurement/prometheus.ts';
import {
  ERROR_RATIO,
  FORMER_ERROR_RATIO,
  growth,
} from '../../../../services/shared/model-deployment/growth.ts';
import { specSchema } from '../../../../services/shared/model-deployment/spec.ts';
import { SUBJECT } from '../../../support/measured-subject.ts';

const sumOf = (growth: string) => `sum(${fill(growth, SUBJECT)})`;
const AS_CANDIDATE = ',role="candidate"';
const DECIDED = sumOf(growth('inference_decisions_total', ['decision'], AS_CANDIDATE));
const ERRORS = sumOf(growth('inference_scoring_errors_total', [], AS_CANDIDATE));
const DECIDED_IN_ANY_ROLE = sumOf(growth('inference_decisions_total', ['role', 'decision']));
const RATIO = 'ratio{ns="lending",d="inference",v="7",s="6"}[60s]';

const analysis = specSchema.shape.analysis.unwrap().parse({
  prometheus: 'http://prometheus:9090',
  queries: [
    {
      name: 'error-ratio',
      query: 'ratio{ns="{{namespace}}",d="{{deployment}}",v="{{version}}",s="{{stable}}"}[{{window}}]',
      max: 0.01,
    },
  ],
});

function source(answers: Readonly<Record<string, readonly number[] | Error>>) {
  return {
    query: async (_url: string, promql: string): Promise<Sample[]> => {
      const values = answers[promql];
      if (values === undefined) throw new Error(`unexpected query ${promql}`);
      if (values instanceof Error) throw values;
      return values.map((value, index) => ({ labels: { pod: String(index) }, value }));
    },
  };
}

describe('the canary gate', () => {
  test('counts the decisions and the errors of the candidate', async () => {
    const measured = await measureCanary(
      source({ [DECIDED]: [90], [ERRORS]: [10], [RATIO]: [0.001] }),
      SUBJECT,
      analysis,
      100,
    );
    expect(measured).toMatchObject({
      kind: 'measured',
      verdict: 'passed',
      samples: 100,
      message: '100 samples; error-ratio is 0.001',
    });
  });

  test.each<[string, readonly number[] | Error, object]>([
    ['fails above the limit', [0.5], { verdict: 'failed', message: 'error-ratio is 0.5, above 0.01' }],
    [
      'is inconclusive with NaN',
      [Number.NaN],
      { verdict: 'inconclusive', message: 'error-ratio has no value' },
    ],
    ['is inconclusive without a value', [], { verdict: 'inconclusive', message: 'error-ratio has no value' }],
    [
      'is inconclusive with several values',
      [0, 0.5, 0],
      {
        verdict: 'inconclusive',
        message: 'error-ratio has 3 values; it must have one, for example by sum()',
      },
    ],
    [
      'is inconclusive with an infinite value that no limit excludes',
      [Number.NEGATIVE_INFINITY],
      { verdict: 'inconclusive' },
    ],
    ['fails with an infinite value above the limit', [Number.POSITIVE_INFINITY], { verdict: 'failed' }],
    [
      'is inconclusive if Prometheus refuses the query',
      new MetricsError('refused', 'parse error'),
      { verdict: 'inconclusive', message: 'error-ratio: parse error' },
    ],
    [
      'is an outage if Prometheus is unreachable',
      new MetricsError('unreachable', 'away'),
      { kind: 'unreachable', message: 'away' },
    ],
    [
      'is an outage if the operator may not call the server',
      new MetricsError('notAllowed', 'not listed'),
      { kind: 'notAllowed', message: 'not listed' },
    ],
    [
      'is not whole if a part of the series is missing',
      new MetricsError('partial', 'Prometheus warns: away', { samples: [{ labels: {}, value: 0 }] }),
      { kind: 'partial', message: 'error-ratio is 0. Prometheus warns: away' },
    ],
    [
      'fails also by a part of the series',
      new MetricsError('partial', 'Prometheus warns: away', { samples: [{ labels: {}, value: 0.5 }] }),
      { verdict: 'failed', message: 'error-ratio is 0.5, above 0.01' },
    ],
  ])('%s', async (_what, ratio, expected) => {
    const answers = { [DECIDED]: [200], [ERRORS]: [], [RATIO]: ratio };
    expect(await measureCanary(source(answers), SUBJECT, analysis, 100)).toMatchObject(expected);
  });

  test.each<[string, readonly number[] | Error]>([
    ['has several values', [0, 0.5]],
    ['is refused', new MetricsError('refused', 'parse error')],
    ['has no answer', new MetricsError('unreachable', 'away')],
  ])('tells of a query that %s, if another query failed', async (_what, ratio) => {
    const [first] = analysis.queries;
    const queries = [{ ...first, name: 'other', query: 'other', max: 1 }, ...analysis.queries];
    const answers = { [DECIDED]: [200], [ERRORS]: [], other: [2], [RATIO]: ratio };
    expect(await measureCanary(source(answers), SUBJECT, { ...analysis, queries }, 100)).toMatchObject({
      verdict: 'failed',
      checks: [
        { name: 'samples' },
        { name: 'other', verdict: 'failed' },
        { name: 'error-ratio', max: 0.01, verdict: 'inconclusive' },
      ],
    });
  });

  test('can fail with few records', async () => {
    const answers = { [DECIDED]: [3], [ERRORS]: [3], [RATIO]: [0.5] };
    expect(await measureCanary(source(answers), SUBJECT, analysis, 100)).toMatchObject({ verdict: 'failed' });
  });

  test.each<[string, readonly number[] | Error]>([
    ['no value', []],
    ['infinitely many records', [Number.POSITIVE_INFINITY]],
    ['fewer than none', [-500]],
    ['a refusal', new MetricsError('refused', 'too expensive')],
  ])('does not pass if Prometheus gives %s for the number of records', async (_what, decided) => {
    const answers = { [DECIDED]: decided, [ERRORS]: [3.7], [RATIO]: [0] };
    expect(await measureCanary(source(answers), SUBJECT, analysis, 100)).toMatchObject({
      kind: 'measured',
      verdict: 'inconclusive',
      samples: 3,
    });
  });

  test.each(['unreachable', 'notAllowed', 'refused', 'partial'] as const)(
    'a query that failed outweighs the number of records if that is %s',
    async (kind) => {
      const away = new MetricsError(kind, 'away');
      const answers = { [DECIDED]: away, [ERRORS]: away, [RATIO]: [0.5] };
      expect(await measureCanary(source(answers), SUBJECT, analysis, 100)).toMatchObject({
        verdict: 'failed',
      });
    },
  );

  test('names a warning once that several answers have', async () => {
    const partial = new MetricsError('partial', 'Prometheus warns: away', {
      samples: [{ labels: {}, value: 200 }],
    });
    const answers = { [DECIDED]: partial, [ERRORS]: partial, [RATIO]: [0] };
    expect(await measureCanary(source(answers), SUBJECT, analysis, 100)).toMatchObject({
      kind: 'partial',
      message: '200 records. Prometheus warns: away',
    });
  });

  test('may fail a version whose pods are not known, but does not pass it', async () => {
    const subject = { ...SUBJECT, pods: undefined };
    const measured = (ratio: number) => {
      const answer = { query: async () => [{ labels: {}, value: ratio }] };
      return measureCanary(answer, subject, analysis, 0);
    };
    expect(await measured(0.5)).toMatchObject({ verdict: 'failed' });
    expect(await measured(0)).toMatchObject({
      kind: 'partial',
      message: expect.stringContaining('the pods of the target are not known'),
    });
  });

  test('does not pass a version without any series', async () => {
    const answers = { [DECIDED]: [Number.NaN], [ERRORS]: [], [RATIO]: [0] };
    expect(await measureCanary(source(answers), SUBJECT, analysis, 100)).toMatchObject({
      verdict: 'inconclusive',
      samples: 0,
    });
  });
});

test.each([
  [[40], 40],
  [[], 0],
  [[Number.NaN], 0],
  [[Number.POSITIVE_INFINITY], 0],
  [[12.5], 12],
  [[1e20], Number.MAX_SAFE_INTEGER],
])(
  'the bake time needs the queries and no minimum of records, and counts the records %p',
  async (decided, samples) => {
    const answers = { [RATIO]: [0], [DECIDED_IN_ANY_ROLE]: decided };
    expect(await measureSoak(source(answers), SUBJECT, analysis)).toMatchObject({
      kind: 'measured',
      verdict: 'passed',
      samples,
      message: 'error-ratio is 0',
    });
  },
);

describe('the share of scoring errors', () => {
  test('is the default query', async () => {
    const { queries } = specSchema.shape.analysis.unwrap().parse({ prometheus: 'http://prometheus:9090' });
    expect(queries).toEqual([{ name: 'error-ratio', query: '{{errorRatio}}', max: 0.01 }]);
    expect(fill('{{errorRatio}}', SUBJECT)).toBe(fill(ERROR_RATIO, SUBJECT));
    expect(fill('{{errorRatio}} * 100', SUBJECT)).toBe(`${fill(ERROR_RATIO, SUBJECT)} * 100`);
  });

  test('takes the place of the default query that an earlier release stored', () => {
    expect(FORMER_ERROR_RATIO).toContain('clamp_min(inference_scoring_errors_total{{{pods}},model_version=');
    expect(fill(FORMER_ERROR_RATIO, SUBJECT)).toBe(fill(ERROR_RATIO, SUBJECT));
  });
});
