import { describe, expect, test } from '@jest/globals';
import { isolatedPods } from '../../../operators/rollout/decision/isolated-pods.ts';
import { candidateOf } from '../../../services/inference/decision/route/candidate-watch.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { RolloutWorld, SPEC } from '../../support/rollout-world.ts';

const ISOLATED = { deployment: 'inference-canary', container: 'inference', replicas: 2 };
const CANARY = { ...SPEC.canary, isolated: ISOLATED } as NonNullable<typeof SPEC.canary>;

const CANDIDATE = {
  version: '8',
  runId: 'run',
  digest: 'sha256:8',
  since: '2026-01-01T00:00:00.000Z',
  mode: 'canary',
  weightPercent: 10,
} as const;

function podsOf(status: ModelDeploymentStatus) {
  return isolatedPods({ canary: CANARY }, status);
}

describe('the pods of an isolated canary', () => {
  const isolated = { deployment: 'inference-canary' };

  test.each<[string, ModelDeploymentStatus]>([
    ['in shadow', { phase: 'Shadowing', candidate: { ...CANDIDATE, mode: 'shadow', isolated } }],
    ['in canary', { phase: 'Canary', candidate: { ...CANDIDATE, isolated } }],
    ['until the pods of the target have loaded the candidate', { phase: 'Promoting', candidate: CANDIDATE }],
  ])('run %s', (_when, status) => {
    expect(podsOf(status)).toEqual({ ...ISOLATED, pin: { version: '8', digest: 'sha256:8' } });
  });

  test.each<[string, ModelDeploymentStatus]>([
    ['before any pod may load it', { phase: 'Verifying', candidate: { ...CANDIDATE, mode: undefined } }],
    ['once the target has it', { phase: 'Promoting', candidate: { ...CANDIDATE, weightPercent: 100 } }],
    ['without a candidate', { phase: 'Soaking' }],
    [
      'while a rollback is under way',
      { phase: 'RolledBack', candidate: { ...CANDIDATE, weightPercent: 100 } },
    ],
  ])('do not run %s', (_when, status) => {
    expect(podsOf(status)).toMatchObject({ replicas: 0, pin: undefined });
  });

  test('do not run once the spec asks for none any more', () => {
    const status = { phase: 'Canary', candidate: { ...CANDIDATE, isolated } } as const;
    expect(isolatedPods({ canary: SPEC.canary }, status)).toBeUndefined();
  });
});

test('a rollout with an isolated canary scales pods up, and down again once the target serves', async () => {
  const world = new RolloutWorld({ canary: CANARY });
  await world.promote('1');
  const urls = new Map<string | undefined, string | undefined>();
  world.onStatus = (_before, after) => urls.set(after.phase, candidateOf(after, '1')?.remoteUrl);
  await world.promote('2');
  await world.step();
  const url = 'http://inference-canary:8080';
  expect([...urls]).toEqual(
    expect.arrayContaining([
      ['Shadowing', url],
      ['Canary', url],
      ['Promoting', undefined],
    ]),
  );
  expect(world.isolated.scales).toEqual([
    { version: '2', replicas: 2 },
    { version: undefined, replicas: 0 },
  ]);
});

test('without isolation no other Deployment is touched', async () => {
  const world = new RolloutWorld();
  await world.promote('1');
  await world.promote('2');
  expect(world.isolated.scales).toEqual([]);
});

test.each<[string, (world: RolloutWorld) => void]>([
  ['isolation is no longer asked for', (world) => world.edit({ canary: SPEC.canary })],
  ['the ModelDeployment is deleted', (world) => world.deleteObject()],
])('the pods of the canary go if %s in mid-rollout', async (_why, end) => {
  const world = new RolloutWorld({ canary: CANARY });
  await world.promote('1');
  world.alias = '2';
  await world.until('Canary', () => world.status.phase === 'Canary');
  end(world);
  await world.until('no pod is left', () => world.isolated.read().spec.replicas === 0, 50);
  expect(world.isolated.scales.at(-1)).toEqual({ version: undefined, replicas: 0 });
});
