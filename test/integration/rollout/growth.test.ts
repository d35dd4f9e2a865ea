import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fill } from '../../../operators/rollout/measurement/fill.ts';
import { evaluate, type Sample } from '../../../scripts/rollout/promql/evaluate.ts';
import { parseQuery } from '../../../scripts/rollout/promql/parse.ts';
import { SeriesStore } from '../../../scripts/rollout/promql/series-store.ts';
import { growth } from '../../../services/shared/model-deployment/growth.ts';
import { PrometheusServer, prometheusInstalled } from '../../support/prometheus-server.ts';

const SCRAPE_SECONDS = 15;
const WINDOW_SECONDS = 600;
const HISTORIES = 600;

/** What Prometheus scraped from one pod, every 15 s. `undefined`: the pod was down. */
interface Scrape {
  readonly value: number | undefined;
  /** The container that gave the value. A restart makes another container, whose counter begins at 0. */
  readonly container: number;
}

const container = fc.record({
  first: fc.integer({ min: 0, max: 60 }),
  gains: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 40 }),
  downBefore: fc.integer({ min: 0, max: 5 }),
});
const history = fc.array(container, { minLength: 1, maxLength: 4 }).map((containers): Scrape[] =>
  containers.flatMap(({ first, gains, downBefore }, index) => {
    const values = gains.map((_, scrape) => ({
      value: gains.slice(0, scrape + 1).reduce((sum, gain) => sum + gain, first),
      container: index,
    }));
    return [...Array(downBefore).fill({ value: undefined, container: index }), ...values];
  }),
);

const now = Math.floor(Date.now() / 1000) - 3600;
/** Scrapes end at most 15 s before `now`, and never exactly when the step begins. */
const timeOf = (scrapes: readonly Scrape[], index: number) =>
  now - 7 - (scrapes.length - 1 - index) * SCRAPE_SECONDS;

/** What the records of the step add to the counter, container by container. */
function gainsOf(scrapes: readonly Scrape[]): { gains: number[]; visible: boolean } {
  const gains = new Map<number, number>();
  let before: Scrape | undefined;
  let visible = true;
  for (const [index, scrape] of scrapes.entries()) {
    if (scrape.value === undefined) continue;
    const same = before?.container === scrape.container;
    if (timeOf(scrapes, index) > now - WINDOW_SECONDS) {
      const gain = scrape.value - (same ? (before?.value ?? 0) : 0);
      gains.set(scrape.container, (gains.get(scrape.container) ?? 0) + gain);
      if (before !== undefined && !same && scrape.value >= (before.value ?? 0)) visible = false;
    }
    before = scrape;
  }
  return { gains: [...gains.values()], visible };
}

(prometheusInstalled ? describe : describe.skip)('the growth of a counter', () => {
  const histories = fc.sample(history, { numRuns: HISTORIES, seed: 12 });
  let prometheus: PrometheusServer;
  let measured: Map<string, number>;
  let query: string;

  beforeAll(async () => {
    const lines = histories.flatMap((scrapes, pod) =>
      scrapes.flatMap(({ value }, index) =>
        value === undefined ? [] : [`c_total${labels(pod)} ${value} ${timeOf(scrapes, index)}\n`],
      ),
    );
    prometheus = await PrometheusServer.start({ history: `# TYPE c counter\n${lines.join('')}` });
    const pods = histories.map((_, pod) => podOf(pod));
    const given = { namespace: 'lending', deployment: 'd', matchers: undefined, version: '7', stable: '' };
    const subject = { ...given, pods, windowSeconds: WINDOW_SECONDS };
    query = fill(growth('c_total', []), subject);
    const response = await fetch(`${prometheus.url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query, time: String(now) }),
    });
    const { data } = (await response.json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    measured = new Map(data.result.map(({ metric, value }) => [metric.pod ?? '', Number(value[1])]));
  }, 120_000);

  afterAll(() => prometheus?.[Symbol.asyncDispose]());

  function labels(pod: number): string {
    return `{namespace="lending",pod="${podOf(pod)}",model_version="7"}`;
  }

  function podOf(pod: number): string {
    return `d-abc12-${String(pod).padStart(5, '0')}`;
  }

  const cases = histories.map((scrapes, pod) => ({ scrapes, pod: podOf(pod), ...gainsOf(scrapes) }));
  const total = (gains: readonly number[]) => gains.reduce((sum, gain) => sum + gain, 0);

  test('is exact without a restart, also of a new counter and across failed scrapes', () => {
    const steady = cases.filter(({ gains, visible }) => gains.length === 1 && visible);
    expect(steady.length).toBeGreaterThan(50);
    for (const { pod, gains, scrapes } of steady) {
      expect({ scrapes, growth: measured.get(pod) }).toEqual({ scrapes, growth: total(gains) });
    }
  });

  test('is the same in what stands in for Prometheus when no cluster is there', () => {
    const store = new SeriesStore();
    for (const [pod, scrapes] of histories.entries()) {
      const target = { namespace: 'lending', pod: podOf(pod), model_version: '7' };
      for (const [index, { value }] of scrapes.entries()) {
        if (value !== undefined)
          store.add(target, [{ name: 'c_total', labels: {}, value }], timeOf(scrapes, index) * 1000);
      }
    }
    const samples = evaluate(store, parseQuery(query), now * 1000) as readonly Sample[];
    expect(new Map(samples.map(({ labels, value }) => [labels.pod, value]))).toEqual(measured);
    expect(measured.size).toBeGreaterThan(500);
  });

  test('is never more than the records of the step', () => {
    for (const { pod, gains, scrapes } of cases) {
      const growth = measured.get(pod) ?? 0;
      if (growth > total(gains)) throw new Error(`${growth} of ${total(gains)}: ${JSON.stringify(scrapes)}`);
    }
  });

  test('counts the records since the last restart, and at least half of all after one restart', () => {
    const restarted = cases.filter(({ gains, visible }) => gains.length > 1 && visible);
    expect(restarted.length).toBeGreaterThan(50);
    for (const { pod, gains, scrapes } of restarted) {
      const least = Math.max(gains.at(-1) ?? 0, gains.length === 2 ? total(gains) / 2 : 0);
      const growth = measured.get(pod) ?? 0;
      if (growth < least) throw new Error(`${growth} < ${least}: ${JSON.stringify(scrapes)}`);
    }
  });

  test('after one restart is exact if the counter has not passed its old value again', () => {
    const fallen = cases.filter(({ scrapes, gains, visible }) => {
      const values = scrapes.flatMap(({ value }) => value ?? []);
      const last = values.at(-1) ?? 0;
      const inStep = scrapes.filter((_, index) => timeOf(scrapes, index) > now - WINDOW_SECONDS);
      return visible && gains.length === 2 && inStep.some(({ value = 0 }) => value > last);
    });
    expect(fallen.length).toBeGreaterThan(10);
    for (const { pod, gains, scrapes } of fallen) {
      expect({ scrapes, growth: measured.get(pod) }).toEqual({ scrapes, growth: total(gains) });
    }
  });
});
