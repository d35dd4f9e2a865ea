import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { measureCanary } from '../../../../operators/rollout/measurement/live.ts';
import type { MetricsSource, Sample } from '../../../../operators/rollout/measurement/prometheus.ts';
import { specSchema } from '../../../../services/shared/model-deployment/spec.ts';
import { SUBJECT } from '../../../support/measured-subject.ts';

const analysis = specSchema.shape.analysis.unwrap().parse({
  prometheus: 'http://prometheus:9090',
  queries: Array.from({ length: 20 }, (_, index) => ({ name: `q${index}`, query: `q${index}`, max: 1 })),
});

/** Gives the value of a query, or hangs if there is none. */
function source(value: (promql: string) => number | undefined): MetricsSource & { signals: AbortSignal[] } {
  const signals: AbortSignal[] = [];
  return {
    signals,
    query: (_url, promql, signal) => {
      if (signal !== undefined) signals.push(signal);
      const given = value(promql);
      return new Promise<readonly Sample[]>((resolve) => {
        if (given !== undefined) resolve([{ labels: {}, value: given }]);
      });
    },
  };
}

describe('the queries of one measurement', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  test('end together after 10 s, however many hang', async () => {
    jest.useFakeTimers();
    const hanging = source(() => undefined);
    const measured = measureCanary(hanging, SUBJECT, analysis, 1);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(await measured).toEqual({
      kind: 'unreachable',
      message: 'Prometheus at http://prometheus:9090 gave no answer to every query within 10000 ms',
    });
    expect(hanging.signals).toHaveLength(22);
    expect(hanging.signals.every(({ aborted }) => aborted)).toBe(true);
  });

  test('do not hide one that failed, although all others hang', async () => {
    jest.useFakeTimers();
    const measured = measureCanary(
      source((promql) => (promql === 'q19' ? 2 : undefined)),
      SUBJECT,
      analysis,
      1,
    );
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await measured).toMatchObject({
      kind: 'measured',
      verdict: 'failed',
      message: 'q19 is 2, above 1',
    });
  });

  test('leave no timer behind', async () => {
    jest.useFakeTimers();
    expect(
      await measureCanary(
        source(() => 1),
        SUBJECT,
        analysis,
        1,
      ),
    ).toMatchObject({ verdict: 'passed' });
    expect(jest.getTimerCount()).toBe(0);
  });

  test('a series that an answer has twice does not count twice', async () => {
    const doubled: MetricsSource = {
      query: async () => [
        { labels: { a: '1', b: '2' }, value: 1 },
        { labels: { b: '2', a: '1' }, value: 1 },
      ],
    };
    expect(await measureCanary(doubled, SUBJECT, analysis, 1)).toMatchObject({
      verdict: 'inconclusive',
      samples: 0,
      message: expect.stringContaining('q0: the query gave the same series twice'),
    });
  });
});
