import { describe, expect, test } from '@jest/globals';
import { fill } from '../../../../operators/rollout/measurement/fill.ts';
import { answerTo } from '../../../../scripts/rollout/metrics-source.ts';
import { parseExposition } from '../../../../scripts/rollout/promql/exposition.ts';
import { SeriesStore } from '../../../../scripts/rollout/promql/series-store.ts';
import { ERROR_RATIO } from '../../../../services/shared/model-deployment/growth.ts';

const NOW = 1_782_900_000_000;
const TARGET = { namespace: 'n', pod: 'inference-abc-x1' };

function storeOf(...pages: readonly string[]): SeriesStore {
  const store = new SeriesStore();
  for (const [index, page] of pages.entries()) {
    const at = NOW - 1_000 * (pages.length - index);
    store.add(TARGET, parseExposition(page, ['c_', 'inference_']), at);
  }
  return store;
}

function ask(store: SeriesStore, query: string, now = NOW): unknown {
  const { answer } = answerTo(store, query, now);
  if (answer.data === undefined) return answer.error;
  const { result } = answer.data;
  return Array.isArray(result[0]) || typeof result[0] !== 'object'
    ? (result[1] ?? result)
    : (result as { metric: object; value: readonly [number, string] }[]).map(({ metric, value }) => [
        metric,
        value[1],
      ]);
}

describe('what stands in for Prometheus', () => {
  test('reads the labels, escapes and numbers of a page', () => {
    const page =
      '# HELP c_total x\n# TYPE c_total counter\nc_total{a="x\\"y",b="1,2"} 3e2\nc_up 1\nother 5\nc_odd +Inf\n';
    expect(parseExposition(page, ['c_'])).toEqual([
      { name: 'c_total', labels: { a: 'x"y', b: '1,2' }, value: 300 },
      { name: 'c_up', labels: {}, value: 1 },
      { name: 'c_odd', labels: {}, value: Number.POSITIVE_INFINITY },
    ]);
  });

  test('gives each series with the labels of its pod', () => {
    const store = storeOf('c_total{role="stable"} 1\nc_total{role="candidate"} 2\n');
    expect(ask(store, 'c_total{role=~"cand.*",namespace="n"}')).toEqual([
      [{ role: 'candidate', ...TARGET }, '2'],
    ]);
    expect(ask(store, 'sum(c_total)')).toEqual([[{}, '3']]);
    expect(ask(store, 'sum by (role) (c_total{role!="stable"})')).toEqual([[{ role: 'candidate' }, '2']]);
  });

  test('binds operators as Prometheus does', () => {
    const store = storeOf('c_total 6\n');
    expect(ask(store, '2 + 3 * 4 - 1')).toBe('13');
    expect(ask(store, 'c_total - (c_total > 100 or c_total * 0) + vector(1)')).toEqual([]);
    expect(ask(store, 'sum(c_total) - (sum(c_total) > 100 or sum(c_total) * 0) + vector(1)')).toEqual([
      [{}, '7'],
    ]);
    expect(ask(store, '4 < sum(c_total)')).toEqual([[{}, '6']]);
    expect(ask(store, 'sum(c_total) unless sum(c_total) > 5')).toEqual([]);
    expect(ask(store, '-c_total')).toEqual([[TARGET, '-6']]);
  });

  test('takes a series of a pod that is gone for ended', () => {
    const store = storeOf('c_total 1\n', '');
    expect(ask(store, 'c_total')).toEqual([]);
    expect(ask(store, 'last_over_time(c_total[1m])')).toEqual([[TARGET, '1']]);
    expect(ask(store, 'last_over_time(c_total[1m])', NOW + 120_000)).toEqual([]);
  });

  test('measures the share of errors since the step began', () => {
    const page = (decisions: number, errors: number) =>
      `inference_decisions_total{model_version="7",role="candidate",decision="true"} ${decisions}\n` +
      `inference_scoring_errors_total{model_version="7",role="candidate"} ${errors}\n`;
    const store = storeOf(page(0, 0), page(50, 0), page(75, 25));
    const given = { namespace: 'n', deployment: 'inference', matchers: undefined, version: '7', stable: '6' };
    const query = fill(ERROR_RATIO, { ...given, pods: [TARGET.pod], windowSeconds: 60 });
    expect(ask(store, query)).toEqual([[{}, '0.25']]);
    expect(ask(storeOf(), query)).toEqual([[{}, 'NaN']]);
  });

  test('says what it does not know', () => {
    expect(answerTo(storeOf(), 'rate(c_total[1m])')).toEqual({
      status: 400,
      answer: {
        status: 'error',
        errorType: 'bad_data',
        error: expect.stringMatching(/rate is not known here/),
      },
    });
    for (const query of [
      '',
      'c_total[1m]',
      'sum(c_total',
      'c_total{a=b}',
      'c_total $',
      'sum without (a) (b)',
    ])
      expect({ query, status: answerTo(storeOf(), query).status }).toEqual({ query, status: 400 });
  });
});
