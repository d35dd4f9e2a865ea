import { describe, expect, test } from '@jest/globals';
import { advance } from '../../../operators/rollout/decision/phases.ts';
import { mustRestore } from '../../../operators/rollout/decision/restoration.ts';
import type { Facts, Measurement } from '../../../operators/rollout/decision/rollout.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { ago, rolloutOf, targetOf } from '../../support/rollout-of.ts';
import { RolloutWorld } from '../../support/rollout-world.ts';

function condition(world: RolloutWorld, type: string) {
  return world.status.conditions?.find((candidate) => candidate.type === type);
}

async function worldInPromoting(proven = false): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  await world.promote(proven ? '2' : '1');
  if (proven) await world.promote('1');
  world.alias = '2';
  await world.until('Promoting', () => world.status.phase === 'Promoting');
  return world;
}

async function wait(world: RolloutWorld, seconds: number): Promise<void> {
  const end = world.clock.now() + seconds * 1000;
  await world.until(`${seconds} s`, () => world.clock.now() >= end, 5000);
}

describe('a paused Deployment', () => {
  test('is named by a condition and an Event, and refuses the candidate after ten minutes', async () => {
    const world = await worldInPromoting();
    world.target.paused = true;
    await world.until('all keys', () => world.status.candidate?.weightPercent === 100);
    await world.step();
    const message = expect.stringContaining('kubectl rollout resume deployment/inference');
    expect(condition(world, 'DeploymentPaused')).toMatchObject({ status: 'True', message });
    expect(world.events.map(({ reason }) => reason)).toContain('DeploymentPaused');
    await wait(world, 580);
    expect(world.status).toMatchObject({ phase: 'Promoting', candidate: { version: '2' } });
    await wait(world, 40);
    expect(world.status).toMatchObject({
      phase: 'RolledBack',
      stable: { version: '1' },
      failed: { version: '2', reason: 'DeploymentPaused' },
    });
    await world.until('the end', () => world.settled);
    expect(world.simulatedPods.map(({ pin }) => pin?.version)).toEqual(['1', '1']);
  });

  test('that is resumed in time goes on, with the whole deadline for its pods', async () => {
    const world = await worldInPromoting();
    world.target.paused = true;
    await world.until('all keys', () => world.status.candidate?.weightPercent === 100);
    await wait(world, 590);
    world.target.paused = false;
    await world.until('the end', () => world.settled);
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '2' } });
    expect(condition(world, 'DeploymentPaused')).toMatchObject({ status: 'False', reason: 'AsExpected' });
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'Normal', reason: 'DeploymentPaused' }),
    );
  });

  test('does not give the keys back to the version that a rollback left', async () => {
    const world = await worldInPromoting(true);
    world.target.paused = true;
    await wait(world, 3600);
    expect(world.status).toMatchObject({
      phase: 'Promoting',
      candidate: { version: '2', weightPercent: 100 },
    });
    expect(condition(world, 'DeploymentPaused')?.status).toBe('True');
    world.target.paused = false;
    await world.until('the end', () => world.settled);
    expect(world.status.stable?.version).toBe('2');
  });
});

describe('pods that make no progress', () => {
  /** A Deployment with a progress deadline of years has no verdict of its own. */
  function withoutOwnDeadline(world: RolloutWorld): void {
    const deployment = world.deployment.bind(world);
    Object.assign(world, {
      deployment: (name: string) => {
        const read = deployment(name);
        return read && { ...read, status: { ...read.status, conditions: [] } };
      },
    });
  }

  test('refuse the candidate after ten minutes, whatever deadline the Deployment has', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    withoutOwnDeadline(world);
    world.flaws.set('2', 'never becomes ready');
    world.alias = '2';
    await world.until('the pin', () => world.currentPin?.version === '2', 1000);
    const start = world.clock.now();
    await world.until('the refusal', () => world.status.failed !== undefined, 1000);
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(595_000);
    expect(world.clock.now() - start).toBeLessThanOrEqual(620_000);
    expect(world.status.failed).toMatchObject({ version: '2', reason: 'RolloutStuck' });
  });

  test('do not keep the next version waiting when they come back', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    withoutOwnDeadline(world);
    world.flaws.set('2', 'never becomes ready');
    world.alias = '2';
    await world.until('half of the pods', () => world.currentPin?.version === '2');
    world.simulatedPods[0] = world.newPod(world.currentPin);
    world.flaws.set('1', 'never becomes ready');
    world.alias = '3';
    const start = world.clock.now();
    await world.until('the next version', () => world.status.candidate?.version === '3', 1000);
    expect(world.clock.now() - start).toBeLessThanOrEqual(620_000);
  });
});

describe('the deadline of pods that make no progress', () => {
  const pin = { version: '2', digest: 'd2' };
  const stable = { version: '1', runId: 'r1', digest: 'd1', since: ago(90_000), soakedAt: ago(80_000) };
  const candidate = { ...pin, runId: 'r2', mode: 'canary', weightPercent: 100, since: ago(50_000) } as const;

  /** The reason of the refusal after so many seconds without progress. */
  function refusedAfter(idleSeconds: number, deployment: Partial<ReturnType<typeof targetOf>>) {
    const target = targetOf({ pin, complete: false, idleSeconds, ...deployment });
    const rollout = rolloutOf({ status: { phase: 'Promoting', stable, candidate } });
    return advance(rollout, { alias: { kind: 'version', version: '2' }, target }).failed?.reason;
  }

  test.each<[string, Partial<ReturnType<typeof targetOf>>, number]>([
    ['a Deployment without deadlines', {}, 600],
    ['a shorter progressDeadlineSeconds', { progressDeadlineSeconds: 60 }, 600],
    ['a longer progressDeadlineSeconds', { progressDeadlineSeconds: 1800 }, 1800],
    ['a progressDeadlineSeconds of years', { progressDeadlineSeconds: 2_147_483_647 }, 14_400],
    ['minReadySeconds', { minReadySeconds: 300 }, 900],
    ['both', { progressDeadlineSeconds: 1800, minReadySeconds: 900 }, 2700],
  ])('respects %s', (_what, deployment, seconds) => {
    expect(refusedAfter(seconds - 1, deployment)).toBeUndefined();
    expect(refusedAfter(seconds, deployment)).toBe('RolloutStuck');
  });

  test('is the same while the stable version is brought back', () => {
    const mayBegin = (idleSeconds: number) => {
      const target = targetOf({ pin, complete: false, idleSeconds, progressDeadlineSeconds: 1800 });
      const restored = { ...candidate, version: '1', digest: 'd1' };
      return !mustRestore(
        rolloutOf({ status: { phase: 'RolledBack', stable, candidate: restored } }),
        target,
      );
    };
    expect(mayBegin(1799)).toBe(false);
    expect(mayBegin(1800)).toBe(true);
  });
});

describe('the measurements while pods are replaced', () => {
  const stable = { version: '1', runId: 'r1', digest: 'd1', since: ago(9000), soakedAt: ago(8000) };
  const status: ModelDeploymentStatus = {
    phase: 'Promoting',
    stable,
    candidate: {
      version: '2',
      runId: 'r2',
      digest: 'd2',
      mode: 'canary',
      weightPercent: 100,
      availableReplicas: 3,
      since: ago(60),
    },
    analysis: { measuredAt: ago(15), failures: 1, message: 'error-ratio is 0.5, above 0.01' },
  };
  const pin = { version: '2', digest: 'd2' };

  function next(verdict: 'passed' | 'failed' | 'inconclusive', facts: Partial<Facts> = {}, of = status) {
    const message = `error-ratio: ${verdict}`;
    const measurement: Measurement = { kind: 'measured', verdict, samples: undefined, message };
    const target = targetOf({ pin, complete: false });
    const alias = { kind: 'version', version: '2' } as const;
    return advance(rolloutOf({ status: of }), { alias, target, measurement, ...facts });
  }

  test('take all keys from a candidate that fails', () => {
    expect(next('failed')).toMatchObject({
      phase: 'RolledBack',
      failed: { version: '2', reason: 'PromotionFailed', message: 'error-ratio: failed' },
      candidate: { version: '1', weightPercent: 100 },
    });
  });

  test('take all keys from a candidate that fails at the moment at which the last pod is ready', () => {
    const facts = { target: targetOf({ pin }) };
    expect(next('failed', facts).failed?.reason).toBe('PromotionFailed');
  });

  test.each(['passed', 'inconclusive'] as const)(
    'are recorded if they are %s, and hold nothing',
    (verdict) => {
      expect(next(verdict)).toMatchObject({
        phase: 'Promoting',
        analysis: { message: `error-ratio: ${verdict}` },
      });
      expect(next(verdict, { target: targetOf({ pin }) })).toMatchObject({
        phase: 'Soaking',
        stable: { version: '2' },
      });
    },
  );

  test('tolerate as many failures as the limit allows', () => {
    const first = next('failed', {}, { ...status, analysis: undefined });
    expect(first).toMatchObject({ phase: 'Promoting', analysis: { failures: 1 } });
  });

  test('do not give the keys back to the version that a rollback left', () => {
    const outcome = 'Served' as const;
    const history = [{ version: '2', runId: 'r2', digest: 'd2', since: ago(9), until: ago(8), outcome }];
    expect(next('failed', {}, { ...status, history })).toMatchObject({ phase: 'Promoting' });
  });
});

describe('pods that are replaced again and again', () => {
  test('keep a rollback to a version that served well waiting for two minutes at most', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    await world.promote('2');
    world.flaws.set('2', 'crashes in service');
    world.alias = '1';
    await world.until('the rollback begins', () => world.status.phase === 'Promoting');
    world.target.churnMilliseconds = 10_000;
    const start = world.clock.now();
    await world.until('version 1 is pinned', () => world.currentPin?.version === '1');
    expect(world.clock.now() - start).toBeLessThanOrEqual(125_000);
  });

  test('refuse any other version after twice its deadline', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    world.flaws.set('2', 'never loads');
    world.alias = '2';
    await world.until('the canary', () => world.status.phase === 'Canary');
    world.target.churnMilliseconds = 10_000;
    const start = world.clock.now();
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status.failed?.reason).toBe('CandidateNotLoaded');
    expect(world.clock.now() - start).toBeLessThanOrEqual(125_000);
  });
});

test('a rollback to a version that served well does not wait for pods that nobody can list', async () => {
  const world = new RolloutWorld();
  await world.promote('1');
  await world.promote('2');
  world.denials.deny('pods', 403);
  world.alias = '1';
  const start = world.clock.now();
  await world.until('version 1 is pinned', () => world.currentPin?.version === '1');
  expect(world.clock.now() - start).toBeLessThanOrEqual(140_000);
});
