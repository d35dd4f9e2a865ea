import { describe, expect, test } from '@jest/globals';
import { Registry as MetricsRegistry } from 'prom-client';
import { RolloutMetrics } from '../../../../operators/rollout/metrics.ts';
import { LABELS, METRICS_SECTIONS, metricsPage } from '../../../../scripts/reference/metrics.ts';
import { createInferenceMetrics } from '../../../../services/inference/metrics.ts';
import { PRESENCES } from '../../../../services/shared/metric-definition.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { documentedMetrics } from '../../../cluster/documented-metrics.ts';
import { longSentences } from '../../../support/prose/sentences.ts';

const metrics = METRICS_SECTIONS.flatMap((section) => section.metrics);

describe('every metric is described in short sentences', () => {
  test.each(metrics)('$name', ({ help, note = '', labels = [] }) => {
    expect(help).toMatch(/^[A-Z0-9].*\.$/);
    expect(longSentences(`${help} ${note}`, 25)).toEqual([]);
    expect(Object.keys(LABELS)).toEqual(expect.arrayContaining([...labels]));
  });
});

test('what the processes export is on the page, each under its own type', () => {
  const metricsRegistry = new MetricsRegistry();
  createInferenceMetrics(metricsRegistry);
  createStreamMetrics(metricsRegistry);
  new RolloutMetrics(metricsRegistry);
  const lines = metricsPage().split('\n');
  const exported = metricsRegistry.getMetricsAsArray();
  expect(exported.length).toBeGreaterThan(40);
  for (const { name } of exported) {
    expect(lines.filter((line) => line.startsWith(`| \`${name}\` |`))).toHaveLength(1);
  }
});

test('the cluster test finds on the committed page every metric of its moment', () => {
  for (const presence of ['always', 'rollout', 'trouble'] as const) {
    const expected = metrics.filter(({ present }) => present === presence).map(({ name }) => name);
    expect(documentedMetrics(presence)).toEqual(expected);
  }
});

test('a section has a table, and the labels that its metrics use are explained once', () => {
  const page = metricsPage([
    {
      title: 'Example',
      introduction: 'Of a test.',
      metrics: [
        { type: 'counter', name: 'a_total', help: 'Counts.', labels: ['role'], present: 'always' },
        {
          type: 'tallied histogram',
          name: 'b',
          help: 'Measures.',
          note: 'rarely.',
          labels: ['role', 'shard'],
          present: 'trouble',
        },
      ],
    },
  ]);
  expect(page).toContain(
    [
      '| metric | labels | present | type | meaning |',
      '|---|---|---|---|---|',
      '| `a_total` | role | always | counter | Counts. |',
      '| `b` | role, shard | trouble | histogram | Measures. |',
      '',
      '`b`: rarely.',
    ].join('\n'),
  );
  for (const [presence, meaning] of Object.entries(PRESENCES)) {
    expect(page).toContain(`- \`${presence}\`: ${meaning}`);
  }
  expect(page.match(/^\| `(role|shard|code)` \|/gm)).toEqual(['| `role` |', '| `shard` |']);
});
