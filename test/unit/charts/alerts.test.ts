import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ALERT_GROUPS } from '../../../charts/alerts.ts';
import { OVERVIEW } from '../../../charts/overview-panels.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import { documentedMetrics } from '../../cluster/documented-metrics.ts';

const alerts = new Map(
  ALERT_GROUPS.flatMap(({ rules }) => rules.map(({ alert, expr }) => [alert, expr] as const)),
);

const queries = [
  ...[...alerts].map(([name, query]) => ({ name, query })),
  ...Object.values(OVERVIEW)
    .flat()
    .map(({ title, query }) => ({ name: title, query })),
];

describe('an alert or a panel asks for nothing that the documentation does not name', () => {
  const documented = (['always', 'rollout', 'trouble'] as const).flatMap(documentedMetrics);
  test.each(queries)('$name', ({ query }) => {
    const asked = query.match(/\b(inference|kinesis|rollout|training|mlflow)_\w+/g) ?? [];
    expect(asked).not.toEqual([]);
    expect(documented).toEqual(expect.arrayContaining(asked.map((name) => name.replace(/_bucket$/, ''))));
  });
});

describe('an alert leads to its section of the runbook', () => {
  const headings = readFileSync(`${repositoryRoot}/docs/runbook.md`, 'utf8').match(/^### .*$/gm);
  test.each(ALERT_GROUPS.flatMap(({ rules }) => rules))('$alert', ({ alert, annotations }) => {
    expect(headings).toContain(`### ${alert}`);
    expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
  });
});

test('dead letters are compared with all answers, by stream and by HTTP, from ten dead letters on', () => {
  const rejected = 'sum(rate(inference_rejections_total[10m]))';
  const decided = '(sum(rate(inference_decisions_total[10m])) or vector(0))';
  expect(alerts.get('RejectionsRising')).toBe(
    `${rejected} > 0.05 * (${rejected} + ${decided}) and sum(increase(inference_rejections_total[10m])) > 10`,
  );
});

test('training that never succeeded is as stale as an old success', () => {
  expect(alerts.get('TrainingStale')).toBe(
    'time() - max(training_last_success_timestamp_seconds) > 3 * 86400 or absent(training_last_success_timestamp_seconds)',
  );
});

test('a failed training run fires an alert before the model is stale', () => {
  expect(alerts.get('TrainingFailed')).toBe('max(training_failed) > 0');
});

test('an operation that has only retries or only throttles is shown', () => {
  const panel = OVERVIEW.Stream?.find(({ title }) => title === 'Retries and throttles');
  const labelled = (metric: string, kind: string) =>
    `label_replace(rate(${metric}[5m]), "kind", "${kind}", "", "")`;
  expect(panel).toMatchObject({
    query: `sum by (operation, kind) (${labelled('kinesis_retries_total', 'retries')} or ${labelled('kinesis_throttles_total', 'throttles')})`,
    legend: '{{operation}} {{kind}}',
  });
});

test('a refusal fires in every phase, and an unreachable registry or Prometheus only if it matters', () => {
  expect(alerts.get('RolloutDegraded')).toBe(
    'max by (model_deployment) (rollout_condition{type="Degraded"}) > 0',
  );
  expect(alerts.get('RegistryAway')).toBe(
    'min by (model_deployment) (rollout_condition{type="RegistryReachable"}) < 1',
  );
  expect(alerts.get('MetricsAway')).toBe(
    'min by (model_deployment) (rollout_condition{type="MetricsReachable"}) < 1 and max by (model_deployment) (rollout_condition{type="Progressing"}) > 0',
  );
});
