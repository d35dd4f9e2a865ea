import { describe, expect, test } from '@jest/globals';
import { conditionOf } from '../../../operators/rollout/decision/condition-of.ts';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import { digestOf, RolloutWorld } from '../../support/rollout-world.ts';

/** The object is deleted and made anew, for example by a restore without status. The pods stay. */
async function recreatedWorld(): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  await world.promote('1');
  await world.promote('2', 'errs when deciding');
  world.deleteObject();
  await world.step();
  world.recreateObject();
  return world;
}

describe('a ModelDeployment that was made anew', () => {
  test('adopts the version to which the Deployment is pinned, and counts it as unproven', async () => {
    const world = await recreatedWorld();
    await world.step();
    expect(world.status).toMatchObject({ phase: 'Soaking', stable: { version: '1', digest: digestOf('1') } });
    expect(world.status.stable?.soakedAt).toBeUndefined();
    expect(world.events.map(({ reason }) => reason)).toContain('Adopted');
  });

  test('lets a version that was refused before pass every gate', async () => {
    const world = await recreatedWorld();
    const journey: string[] = [];
    world.onStatus = (_before, { phase = '' }) => {
      if (journey.at(-1) !== phase) journey.push(phase);
    };
    await world.until('the refusal', () => world.settled && world.status.failed?.version === '2');
    expect(journey.slice(0, 4)).toEqual(['Soaking', 'Verifying', 'Shadowing', 'Canary']);
    expect(world.currentPin?.version).toBe('1');
  });

  test('takes no approval of a step that is older than itself', async () => {
    const steps = [{ weightPercent: 10, minimumSamples: 50, pause: {} }];
    const world = new RolloutWorld({ shadow: undefined, canary: { steps, stepDeadlineSeconds: 60 } });
    await world.promote('1');
    world.deleteObject();
    await world.step();
    world.mark({ annotations: { [REQUEST_ANNOTATIONS.approveStep]: '2:10 looks good' } });
    world.recreateObject();
    await world.until('the adoption', () => world.status.stable !== undefined);
    expect(world.status.transitions?.map(({ reason }) => reason)).toContain('StepApprovalLapsed');
    world.alias = '2';
    await world.until(
      'the pause',
      () => conditionOf(world.status, 'Held')?.reason === 'AwaitingStepApproval',
    );
    for (let step = 0; step < 30; step++) await world.step();
    expect(world.status.candidate?.weightPercent).toBe(10);
    world.annotate(REQUEST_ANNOTATIONS.approveStep, '2:10 looks good, for this object');
    await world.until('version 2 serves', () => world.status.stable?.version === '2');
  });

  test('adopts also while the Deployment is scaled to 0', async () => {
    const world = await recreatedWorld();
    world.target.scale(0);
    await world.step();
    expect(world.status.stable?.version).toBe('1');
  });

  test('measures a version that was adopted in the middle of its promotion', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    world.flaws.set('2', 'errs with all keys');
    world.alias = '2';
    await world.until('the pin', () => world.currentPin?.version === '2');
    world.deleteObject();
    await world.step();
    world.recreateObject();
    await world.until('the adoption', () => world.status.stable !== undefined);
    expect(world.simulatedPods.every(({ pin }) => pin?.version === '2')).toBe(true);
    world.flaws.set('2', 'errs in service');
    await world.until('the end', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({ phase: 'Stable', failed: { version: '2', reason: 'SoakFailed' } });
    world.alias = '3';
    await world.until('version 3 serves', () => world.settled && world.status.stable?.version === '3');
  });

  test.each<[string, (world: RolloutWorld) => void]>([
    ['is stuck', (world) => world.flaws.set('2', 'never becomes ready')],
    [
      'is paused',
      (world) => {
        world.target.paused = true;
      },
    ],
  ])(
    'adopts the version of the ready pods if the Deployment %s before any pod has its pin',
    async (_how, hinder) => {
      const world = new RolloutWorld();
      await world.promote('1');
      hinder(world);
      world.alias = '2';
      await world.until('the pin', () => world.currentPin?.version === '2');
      world.deleteObject();
      await world.step();
      world.recreateObject();
      world.alias = undefined;
      world.denials.deny('pods', 403);
      for (let look = 0; look < 20; look++) await world.step();
      expect(world.status.stable).toBeUndefined();
      world.denials.allowAll();
      await world.until('the adoption', () => world.status.stable !== undefined);
      expect(world.status.stable).toMatchObject({ version: '1', digest: digestOf('1') });
      await world.until('the end', () => world.settled);
      expect(world.currentPin?.version).toBe('1');
    },
  );

  test('adopts the version of the Deployment if it is stuck with a ready pod of that version', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    world.alias = '2';
    await world.until('a pod', () => world.simulatedPods.some(({ pin }) => pin?.version === '2'));
    world.target.paused = true;
    expect(world.simulatedPods.some(({ pin }) => pin?.version === '1')).toBe(true);
    world.deleteObject();
    await world.step();
    world.recreateObject();
    await world.until('the adoption', () => world.status.stable !== undefined);
    expect(world.status.stable?.version).toBe('2');
  });

  test('adopts nothing that does not serve', async () => {
    const world = new RolloutWorld();
    world.target.setPin({ version: '1', digest: digestOf('1') }, true);
    await world.look();
    expect(world.status.stable).toBeUndefined();
  });

  test('adopts nothing without a pin', async () => {
    const world = new RolloutWorld();
    await world.look();
    expect(world.status).toMatchObject({ phase: 'Waiting' });
  });
});
