import { describe, expect, test } from '@jest/globals';
import type { Deployment } from '../../../../operators/rollout/cluster/objects.ts';
import { readTarget } from '../../../../operators/rollout/cluster/target.ts';

const TARGET = { deployment: 'inference', container: 'inference' };
const ENV = [
  { name: 'MODEL_VERSION', value: '7' },
  { name: 'MODEL_DIGEST', value: 'sha256:7' },
];

function deployment(
  status: Deployment['status'],
  env: readonly { name: string; value: string }[] = ENV,
): Deployment {
  return {
    metadata: { name: 'inference', generation: 3 },
    spec: { replicas: 2, selector: {}, template: { spec: { containers: [{ name: 'inference', env }] } } },
    ...(status ? { status } : {}),
  };
}

const done = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

describe('the target', () => {
  test('is missing without its Deployment or container', () => {
    expect(readTarget(TARGET, undefined)).toEqual({
      kind: 'missing',
      message: 'Deployment inference does not exist; create it or correct spec.target.deployment',
    });
    expect(readTarget({ ...TARGET, container: 'x' }, deployment(done))).toEqual({
      kind: 'missing',
      message: 'Deployment inference has no container x; correct spec.target.container',
    });
  });

  test('is complete once every pod has this template and is available', () => {
    expect(readTarget(TARGET, deployment(done))).toEqual({
      kind: 'found',
      startSeconds: 600,
      minReadySeconds: 0,
      pin: { version: '7', digest: 'sha256:7' },
      complete: true,
      mixed: false,
      availableReplicas: 2,
      wantedReplicas: 2,
      paused: false,
      stuck: undefined,
    });
  });

  test('gives pods the time of the Deployment to start, within bounds', () => {
    const seconds = (spec: Partial<Deployment['spec']>) => {
      const target = deployment(done);
      const read = readTarget(TARGET, { ...target, spec: { ...target.spec, ...spec } });
      return read.kind === 'found' ? read.startSeconds : undefined;
    };
    expect(seconds({ progressDeadlineSeconds: 900, minReadySeconds: 30 })).toBe(930);
    expect(seconds({ progressDeadlineSeconds: 1 })).toBe(120);
    expect(seconds({ progressDeadlineSeconds: 2_147_483_647 })).toBe(1_800);
  });

  test.each<[string, Deployment['status']]>([
    ['there is no status', undefined],
    ['the status describes an earlier template', { ...done, observedGeneration: 2 }],
    ['a pod is not replaced yet', { ...done, updatedReplicas: 1 }],
    ['a new pod is not available', { ...done, availableReplicas: 1 }],
    ['an old pod is still there', { ...done, replicas: 3 }],
  ])('is not complete while %s', (_what, status) => {
    expect(readTarget(TARGET, deployment(status))).toMatchObject({ complete: false });
  });

  test('is stuck if this template exceeded its progress deadline', () => {
    const since = '2026-01-01T00:00:00Z';
    const conditions = [
      {
        type: 'Progressing',
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: 'no progress',
        lastUpdateTime: since,
      },
    ];
    const stuck = { message: 'no progress', since };
    expect(readTarget(TARGET, deployment({ ...done, conditions }))).toMatchObject({ stuck });
    const before = deployment({ ...done, observedGeneration: 2, conditions });
    expect(readTarget(TARGET, before)).toMatchObject({ stuck: undefined });
  });

  test('has no pin until both variables are set', () => {
    expect(readTarget(TARGET, deployment(done, ENV.slice(0, 1)))).toMatchObject({ pin: undefined });
  });
});
