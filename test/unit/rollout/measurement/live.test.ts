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

const SUBJECT = {
  namespace: 'lending',
  deployment: 'inference',
  pods: ['inference-abc12-x9z8y'],
  matchers: undefined,
  version: '7',
  stable: '6',
  windowSeconds: 60,
};
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
      return values.map((value) => ({ labels: {}, value }));
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
    expect(measured).toEqual({
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
    ['is inconclusive with two values', [0, 0], { verdict: 'inconclusive' }],
    [
      'is inconclusive if Prometheus refuses the query',
      new MetricsError('refused', 'parse error'),
      { verdict: 'inconclusive', message: 'error-ratio: parse error' },
    ],
    [
      'is an outage if Prometheus is unreachable',
      new MetricsError('unreachable', 'away'),
      { kind: 'unreachable' },
    ],
  ])('%s', async (_what, ratio, expected) => {
    const answers = { [DECIDED]: [200], [ERRORS]: [], [RATIO]: ratio };
    expect(await measureCanary(source(answers), SUBJECT, analysis, 100)).toMatchObject(expected);
  });

  test('can fail with few records', async () => {
    const answers = { [DECIDED]: [3], [ERRORS]: [3], [RATIO]: [0.5] };
    expect(await measureCanary(source(answers), SUBJECT, analysis, 100)).toMatchObject({ verdict: 'failed' });
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
])(
  'the bake time needs the queries and no minimum of records, and counts the records %p',
  async (decided, samples) => {
    const answers = { [RATIO]: [0], [DECIDED_IN_ANY_ROLE]: decided };
    expect(await measureSoak(source(answers), SUBJECT, analysis)).toEqual({
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
