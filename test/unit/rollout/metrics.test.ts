import { beforeEach, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { RolloutMetrics } from '../../../operators/rollout/metrics.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';

const since = '2026-01-01T00:00:00.000Z';
const REFUSED: ModelDeploymentStatus = {
  phase: 'Stable',
  stable: { version: '1', runId: 'run-1', digest: 'sha256:1', since },
  failed: { version: '1', reason: 'SoakFailed', message: 'errs', at: since },
  conditions: [
    { type: 'Degraded', status: 'True', reason: 'SoakFailed', message: 'errs', lastTransitionTime: since },
    { type: 'RegistryReachable', status: 'False', reason: 'X', message: 'away', lastTransitionTime: since },
  ],
};

let metricsRegistry: Registry;
let metrics: RolloutMetrics;

beforeEach(() => {
  metricsRegistry = new Registry();
  metrics = new RolloutMetrics(metricsRegistry);
});

/** The series of a metric, each as its labels and its value. */
async function series(name: string): Promise<string[]> {
  const metric = (await metricsRegistry.getMetricsAsJSON()).find((it) => it.name === name);
  return (metric?.values ?? []).map(({ labels, value }) => `${Object.values(labels).join(' ')} ${value}`);
}

describe('the status of a ModelDeployment', () => {
  test('is shown even if this process saw no change of it', async () => {
    metrics.show('loan', REFUSED);
    expect((await series('rollout_phase')).filter((line) => line.endsWith(' 1'))).toEqual(['loan Stable 1']);
    expect(await series('rollout_condition')).toEqual(['loan Degraded 1', 'loan RegistryReachable 0']);
    expect(await series('rollout_refusals_total')).toEqual([]);
    expect(await series('rollout_transitions_total')).toEqual([]);
  });

  test('is counted when it changes', async () => {
    metrics.transition('loan', { phase: 'Soaking' }, REFUSED);
    expect(await series('rollout_refusals_total')).toEqual(['loan SoakFailed 1']);
    expect(await series('rollout_transitions_total')).toEqual(['loan Stable 1']);
    expect(await series('rollout_condition')).toContain('loan Degraded 1');
  });

  test('is dropped with the ModelDeployment', async () => {
    metrics.show('loan', REFUSED);
    metrics.forget('loan');
    expect(await series('rollout_phase')).toEqual([]);
    expect(await series('rollout_condition')).toEqual([]);
  });
});
