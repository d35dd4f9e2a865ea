import { describe, expect, test } from '@jest/globals';
import { fill } from '../../../../operators/rollout/measurement/fill.ts';
import {
  MetricsError,
  type MetricsSource,
  type Sample,
} from '../../../../operators/rollout/measurement/prometheus.ts';
import { scoreShift } from '../../../../operators/rollout/measurement/score-shift.ts';
import { measureShadow } from '../../../../operators/rollout/measurement/shadow.ts';
import { growth } from '../../../../services/shared/model-deployment/growth.ts';

const SUBJECT = {
  namespace: 'lending',
  deployment: 'inference',
  pods: ['inference-abc12-x9z8y'],
  matchers: undefined,
  version: '7',
  stable: '6',
  windowSeconds: 89.2,
};
const LIMITS = {
  minimumSamples: 200,
  minimumAgreement: 0.9,
  maximumScoreShift: 0.25,
  maximumApprovalRatioChange: 0.2,
  deadlineSeconds: 1800,
};
const grown = (name: string, labels: readonly string[]) => fill(growth(name, labels), SUBJECT);
const COMPARISONS = `sum by (agreement) (${grown('inference_shadow_comparisons_total', ['agreement'])})`;
const ERRORS = `sum(${grown('inference_shadow_errors_total', [])})`;
const PROBABILITIES = `sum by (scored_by, le) (${grown('inference_shadow_probability_bucket', ['scored_by', 'le'])})`;
const DECISIONS = `sum by (scored_by, group, value, decision) (${grown('inference_shadow_decisions_total', ['scored_by', 'group', 'value', 'decision'])})`;

interface Answers {
  readonly agree?: number;
  readonly flip?: number;
  readonly errors?: number;
  readonly candidateBins?: readonly number[];
  /** Records that the candidate approved. */
  readonly approved?: number;
  readonly group?: { readonly size: number; readonly approved: number };
}

/** A Prometheus that knows only these queries. Any other query fails the test. */
function source(answers: Answers): MetricsSource {
  const { agree = 195, flip = 5, errors, candidateBins = [100, 100], approved = 120, group } = answers;
  const sample = (value: number, labels: Record<string, string> = {}): Sample => ({ labels, value });
  const decisions = (group: string, value: string, scored_by: string, approved: number, size: number) => [
    sample(approved, { scored_by, group, value, decision: 'true' }),
    sample(size - approved, { scored_by, group, value, decision: 'false' }),
  ];
  const known: Record<string, Sample[]> = {
    [COMPARISONS]: [sample(agree, { agreement: 'agree' }), sample(flip, { agreement: 'flip' })],
    [ERRORS]: errors === undefined ? [] : [sample(errors)],
    [PROBABILITIES]: [...buckets('stable', [100, 100]), ...buckets('candidate', candidateBins)],
    [DECISIONS]: [
      ...decisions('', '', 'stable', 120, 200),
      ...decisions('', '', 'candidate', approved, 200),
      ...(group
        ? [
            ...decisions('Gender', 'Female', 'stable', group.size / 2, group.size),
            ...decisions('Gender', 'Female', 'candidate', group.approved, group.size),
          ]
        : []),
    ],
  };
  return {
    query: async (url, promql) => {
      expect(url).toBe('http://prometheus:9090');
      expect(Object.keys(known)).toContain(promql);
      return known[promql] ?? [];
    },
  };
}

function buckets(scored_by: string, bins: readonly number[]): Sample[] {
  let count = 0;
  return bins.map((bin, index) => {
    count += bin;
    return {
      value: count,
      labels: { scored_by, le: index === bins.length - 1 ? '+Inf' : String((index + 1) / 10) },
    };
  });
}

function measured(answers: Answers) {
  return measureShadow(source(answers), 'http://prometheus:9090', SUBJECT, LIMITS);
}

describe('the shadow gate', () => {
  test('passes a candidate that decides and scores like the stable model', async () => {
    expect(await measured({})).toMatchObject({
      kind: 'measured',
      verdict: 'passed',
      samples: 200,
      message: '200 samples; agreement is 0.975; score shift is 0; change of approvals is 0',
    });
  });

  test.each<[string, Answers, string]>([
    ['flips too many decisions', { agree: 170, flip: 30 }, 'agreement is 0.85, below 0.9'],
    ['errs on too many records', { agree: 195, flip: 0, errors: 30 }, 'agreement is 0.8667, below 0.9'],
    ['scores far from the stable model', { candidateBins: [180, 20] }, 'score shift is 0.8658, above 0.25'],
    ['approves many more', { approved: 170 }, 'change of approvals is 0.25, above 0.2'],
    [
      'approves fewer of one group',
      { group: { size: 40, approved: 8 } },
      'change of approvals with Gender = Female is 0.3, above 0.2',
    ],
  ])('fails a candidate that %s', async (_what, answers, message) => {
    expect(await measured(answers)).toMatchObject({ verdict: 'failed', message });
  });

  test('ignores a group with few records', async () => {
    expect(await measured({ group: { size: 28, approved: 0 } })).toMatchObject({ verdict: 'passed' });
  });

  test('is inconclusive with too few records, whatever their values are', async () => {
    expect(await measured({ agree: 10, flip: 100 })).toMatchObject({
      kind: 'measured',
      verdict: 'inconclusive',
      samples: 110,
      message: '110 of 200 samples',
    });
  });

  test('is inconclusive if a metric is missing', async () => {
    expect(await measured({ candidateBins: [] })).toMatchObject({
      verdict: 'inconclusive',
      message: 'score shift has no value',
    });
  });

  test('distinguishes an outage from a query that Prometheus refuses', async () => {
    const failing = (kind: 'unreachable' | 'refused'): MetricsSource => ({
      query: () => Promise.reject(new MetricsError(kind, 'because')),
    });
    const measure = (kind: 'unreachable' | 'refused') =>
      measureShadow(failing(kind), 'http://p', SUBJECT, LIMITS);
    expect(await measure('unreachable')).toEqual({ kind: 'unreachable', message: 'because' });
    expect(await measure('refused')).toMatchObject({
      kind: 'measured',
      verdict: 'inconclusive',
      message: 'because',
    });
  });
});

describe('the score shift', () => {
  test('is the population stability index of the bins', () => {
    const shift = scoreShift([
      ...buckets('stable', [500, 300, 200]),
      ...buckets('candidate', [300, 300, 400]),
    ]);
    const expected = (0.3 - 0.5) * Math.log(0.3 / 0.5) + (0.4 - 0.2) * Math.log(0.4 / 0.2);
    expect(shift).toBeCloseTo(expected, 2);
  });

  test('stays finite if a bin is empty', () => {
    const shift = scoreShift([...buckets('stable', [100, 0]), ...buckets('candidate', [0, 100])]);
    expect(Number.isFinite(shift)).toBe(true);
    expect(shift).toBeGreaterThan(1);
  });

  test('does not exist without records', () => {
    expect(scoreShift([])).toBeUndefined();
    expect(scoreShift([...buckets('stable', [0, 0]), ...buckets('candidate', [0, 0])])).toBeUndefined();
    expect(scoreShift(buckets('stable', [1, 2]))).toBeUndefined();
  });
});
