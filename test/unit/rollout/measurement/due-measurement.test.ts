import { describe, expect, test } from '@jest/globals';
import {
  isMeasurementDue,
  takeMeasurement,
} from '../../../../operators/rollout/measurement/due-measurement.ts';
import type { MetricsSource } from '../../../../operators/rollout/measurement/prometheus.ts';
import type { ModelDeployment } from '../../../../services/shared/model-deployment/model-deployment.ts';
import { type ModelDeploymentSpec, specSchema } from '../../../../services/shared/model-deployment/spec.ts';
import type { ModelDeploymentStatus } from '../../../../services/shared/model-deployment/status.ts';

const spec: ModelDeploymentSpec = specSchema.parse({
  model: 'loan',
  registry: { url: 'http://mlflow:5000', alias: 'champion' },
  target: { deployment: 'inference', container: 'inference' },
  shadow: {},
  canary: { steps: [{ weightPercent: 10, minimumSamples: 5 }, { weightPercent: 50 }] },
  analysis: { prometheus: 'http://prometheus:9090', matchers: 'cluster="prod"', intervalSeconds: 15 },
});
const since = '2026-11-27T12:00:00.000Z';
const stable = { version: '6', runId: 'r', digest: 'd', since };
const candidate = { version: '7', since, mode: 'canary' as const, weightPercent: 100 };

function object(status: ModelDeploymentStatus, changes: Partial<ModelDeploymentSpec> = {}): ModelDeployment {
  return { metadata: { name: 'loan', namespace: 'lending' }, spec: { ...spec, ...changes }, status };
}

describe('a measurement is due', () => {
  const never = () => Number.NaN;
  test.each<[string, ModelDeploymentStatus, Partial<ModelDeploymentSpec>, boolean]>([
    ['in shadow', { phase: 'Shadowing', stable, candidate }, {}, true],
    ['in a canary step', { phase: 'Canary', stable, candidate }, {}, true],
    [
      'not before the first step',
      { phase: 'Canary', stable, candidate: { ...candidate, weightPercent: 0 } },
      {},
      false,
    ],
    ['while the candidate has all keys', { phase: 'Promoting', stable, candidate }, {}, true],
    [
      'not before the candidate has all keys',
      { phase: 'Promoting', stable, candidate: { ...candidate, weightPercent: 50 } },
      {},
      false,
    ],
    ['not for a first version before it is stable', { phase: 'Promoting', candidate }, {}, false],
    ['in the bake time', { phase: 'Soaking', stable }, {}, true],
    ['not without analysis', { phase: 'Soaking', stable }, { analysis: undefined }, false],
    ['not while a version is restored', { phase: 'RolledBack', stable, candidate }, {}, false],
    ['not at rest', { phase: 'Stable', stable }, {}, false],
    ['not before the first reconcile', {}, {}, false],
  ])('%s', (_when, status, changes, expected) => {
    expect(isMeasurementDue(object(status, changes), never)).toBe(expected);
  });

  test.each([
    [14.9, false],
    [15, true],
    [Number.NaN, true],
  ])('%p s after the last measurement: %p', (seconds, expected) => {
    const analysis = { measuredAt: since, failures: 0, message: '' };
    expect(isMeasurementDue(object({ phase: 'Soaking', stable, analysis }), () => seconds)).toBe(expected);
  });
});

describe('a measurement', () => {
  async function take(status: ModelDeploymentStatus, pods: readonly string[] | undefined, seconds = 90) {
    const asked: string[] = [];
    const names = pods && { names: pods, complete: true };
    const metrics: MetricsSource = {
      query: async (_url, promql) => {
        asked.push(promql);
        return [{ labels: {}, value: promql.includes('/') ? 0 : 3 }];
      },
    };
    return { asked, measured: await takeMeasurement(metrics, object(status), names, () => seconds) };
  }

  test('of a candidate with all keys asks for its own pods, and needs no minimum of records', async () => {
    const { asked, measured } = await take({ phase: 'Promoting', stable, candidate }, ['inference-a-11111']);
    expect(measured).toMatchObject({ kind: 'measured', verdict: 'passed', samples: 3 });
    for (const promql of asked) {
      const own = '{namespace="lending",pod=~"inference-a-11111",cluster="prod",model_version="7"';
      expect(promql.replaceAll(own, '')).not.toContain('{');
      expect(promql).toContain('[90s]');
    }
  });

  test('in a hold looks back for 15 minutes at most, so that good days hide no failure', async () => {
    const held = {
      type: 'Held',
      status: 'True',
      reason: 'PausedByRequest',
      message: '',
      lastTransitionTime: since,
    } as const;
    const twoDays = 172_800;
    const step: ModelDeploymentStatus = { phase: 'Canary', stable, candidate, conditions: [held] };
    const { asked } = await take(step, ['inference-a-11111'], twoDays);
    for (const promql of asked) expect(promql).toContain('[900s]');
    const free = await take({ ...step, conditions: [{ ...held, status: 'False' }] }, ['x'], twoDays);
    for (const promql of free.asked) expect(promql).toContain('[172800s]');
  });

  test('of a canary needs the records of the step that the weight has reached', async () => {
    const step = { ...candidate, weightPercent: 10 };
    const { measured } = await take({ phase: 'Canary', stable, candidate: step }, ['inference-a-11111']);
    expect(measured).toMatchObject({ verdict: 'passed', samples: 6, message: '6 samples; error-ratio is 0' });
    const later = await take({ phase: 'Canary', stable, candidate }, ['inference-a-11111']);
    expect(later.measured).toMatchObject({ verdict: 'inconclusive', message: '6 of 100 samples' });
  });

  test('in the bake time is of the stable version, and of no pod if there is none', async () => {
    const { asked, measured } = await take({ phase: 'Soaking', stable, candidate }, []);
    expect(measured).toMatchObject({ samples: 3 });
    for (const promql of asked)
      expect(promql).toContain('pod=~"no pod of the target",cluster="prod",model_version="6"');
  });

  test('does not pass if the API server does not give the pods', async () => {
    const { measured } = await take({ phase: 'Promoting', stable, candidate }, undefined);
    expect(measured).toMatchObject({ kind: 'partial' });
  });
});
