import { describe, expect, test } from '@jest/globals';
import type { Deployment, Pod } from '../../../../operators/rollout/cluster/objects.ts';
import { watchedPods } from '../../../../operators/rollout/cluster/watched-pods.ts';
import type { ModelDeploymentStatus } from '../../../../services/shared/model-deployment/status.ts';

const SINCE = '2026-01-01T12:00:00Z';
const STABLE = { version: '2', runId: 'r2', digest: 'd2', since: SINCE };
const SOAKING: ModelDeploymentStatus = { phase: 'Soaking', stable: STABLE };

function pod(name: string, pin: readonly [string, string] | undefined, hash = 'a', minute = 0): Pod {
  const env = pin && [
    { name: 'MODEL_VERSION', value: pin[0] },
    { name: 'MODEL_DIGEST', value: pin[1] },
  ];
  const creationTimestamp = `2026-01-01T12:0${minute}:00Z`;
  return {
    metadata: { name, creationTimestamp, labels: { 'pod-template-hash': hash } },
    spec: { containers: [{ name: 'proxy' }, { name: 'inference', ...(env ? { env } : {}) }] },
  };
}

function deployment(reason: string, observedGeneration = 1): Deployment {
  return {
    metadata: { name: 'inference', generation: 1 },
    spec: { selector: {}, template: { spec: { containers: [] } } },
    status: { observedGeneration, conditions: [{ type: 'Progressing', status: 'True', reason }] },
  };
}

function watch(
  status: ModelDeploymentStatus,
  pods: readonly Pod[],
  target = deployment('NewReplicaSetAvailable'),
) {
  const watched = watchedPods({ status, elapsed: () => 60 }, pods, target, 'inference');
  const names = (list: readonly Pod[] = []) => list.map(({ metadata }) => metadata.name);
  return watched && { ...watched, available: names(watched.available), crashing: names(watched.crashing) };
}

describe('in the bake time', () => {
  test('only pods count that are pinned to the stable version and its files', () => {
    const pods = [
      pod('mine', ['2', 'd2']),
      pod('other version', ['1', 'd1']),
      pod('other files', ['2', 'd9']),
      pod('no pin', undefined),
    ];
    const expected = { id: `bake time ${SINCE}`, since: SINCE, available: ['mine'], crashing: ['mine'] };
    expect(watch(SOAKING, pods)).toEqual({ ...expected, recoverySeconds: 0, replacing: false });
  });

  test('crashes of a new template do not count while pods of the template before it are there', () => {
    const [old, young] = [pod('old', ['2', 'd2']), pod('young', ['2', 'd2'], 'b', 5)];
    const replacing = deployment('ReplicaSetUpdated');
    expect(watch(SOAKING, [young, old], replacing)).toMatchObject({ crashing: ['old'], replacing: true });
    expect(watch(SOAKING, [young], replacing)).toMatchObject({ crashing: ['young'] });
    expect(watch(SOAKING, [young, old])).toMatchObject({ crashing: ['young', 'old'], replacing: false });
    expect(watch(SOAKING, [old], deployment('NewReplicaSetAvailable', 0))).toMatchObject({ replacing: true });
  });

  test('the same holds while the next version is verified', () => {
    const candidate = { version: '3', since: SINCE };
    const status = { phase: 'Verifying' as const, stable: { ...STABLE, availableReplicas: 1 }, candidate };
    const pods = [pod('mine', ['2', 'd2']), pod('other version', ['1', 'd1'])];
    expect(watch(status, pods)).toMatchObject({ since: SINCE, crashing: ['mine'] });
  });

  test('no pod counts without a Deployment, or for a version that served well before', () => {
    const proven = { ...STABLE, until: SINCE, outcome: 'Served' as const };
    expect(watch({ ...SOAKING, history: [proven] }, [pod('a', ['2', 'd2'])])).toBeUndefined();
    const state = { status: SOAKING, elapsed: () => 60 };
    expect(watchedPods(state, [pod('a', ['2', 'd2'])], undefined, 'inference')).toBeUndefined();
  });
});

test('while a candidate is loaded, every pod counts since the begin of the step', () => {
  const candidate = { version: '3', since: SINCE };
  const pods = [pod('a', ['2', 'd2']), pod('b', ['1', 'd1'])];
  const id = 'load 3 undefined';
  const both = { id, since: SINCE, recoverySeconds: 120, available: ['a', 'b'], crashing: ['a', 'b'] };
  expect(watch({ phase: 'Canary', stable: STABLE, candidate }, pods)).toEqual({ ...both, replacing: false });
  expect(watch({ phase: 'Promoting', candidate }, pods)).toEqual({ ...both, replacing: true });
  expect(watch({ phase: 'Verifying', candidate }, pods)).toBeUndefined();
  expect(watch({ phase: 'Stable', stable: STABLE }, pods)).toBeUndefined();
});
