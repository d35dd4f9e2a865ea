import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { conditionOf } from '../../../operators/rollout/decision/condition-of.ts';
import { TimeZone } from '../../../operators/rollout/decision/time-zone.ts';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import type { CanaryStep } from '../../../services/shared/model-deployment/canary-step.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import { RolloutWorld, SPEC } from '../../support/rollout-world.ts';

/** Longer than any deadline of the world. */
const LONG_SECONDS = 1_200;

function canaryOf(first: Partial<CanaryStep>): Partial<ModelDeploymentSpec> {
  const steps = SPEC.canary?.steps.map((step, index) => (index === 0 ? { ...step, ...first } : step)) ?? [];
  return { shadow: undefined, canary: { stepDeadlineSeconds: 60, steps } };
}

async function worldAt(spec: Partial<ModelDeploymentSpec>, weightPercent = 10): Promise<RolloutWorld> {
  const world = new RolloutWorld(spec);
  await world.promote('1');
  world.alias = '2';
  await world.until('the step begins', () => world.status.candidate?.weightPercent === weightPercent);
  return world;
}

async function pass(world: RolloutWorld, seconds: number): Promise<void> {
  const end = world.clock.monotonic() + seconds * 1000;
  while (world.clock.monotonic() < end) await world.step();
}

function held(world: RolloutWorld) {
  const condition = conditionOf(world.status, 'Held');
  return condition?.status === 'True' ? condition.reason : undefined;
}

const weight = ({ status }: RolloutWorld) => status.candidate?.weightPercent;
const stable = ({ status }: RolloutWorld) => status.stable?.version;

describe('a minimum duration', () => {
  const spec = canaryOf({ minimumDurationSeconds: 600 });

  test('holds the step although it passed, and is longer than the deadline of the step', async () => {
    const world = await worldAt(spec);
    const begin = world.clock.monotonic();
    await world.until('the hold is told', () => held(world) === 'MinimumDuration');
    await world.until('the weight rises', () => weight(world) !== 10);
    expect(weight(world)).toBe(50);
    const seconds = (world.clock.monotonic() - begin) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(600);
    expect(seconds).toBeLessThan(630);
    await world.until('nothing holds it any more', () => held(world) === undefined);
    await world.until('version 2 serves', () => stable(world) === '2');
  });

  test('does not begin anew with another leader', async () => {
    const world = await worldAt(spec);
    const begin = world.clock.monotonic();
    await pass(world, 400);
    world.restart();
    await world.until('the weight rises', () => weight(world) !== 10);
    expect((world.clock.monotonic() - begin) / 1000).toBeLessThan(630);
  });

  test('keeps no bad version', async () => {
    const world = await worldAt(spec);
    await pass(world, 100);
    world.flaws.set('2', 'errs when deciding');
    await world.until('version 2 is refused', () => world.status.failed?.version === '2');
    expect(world.status.failed?.reason).toBe('CanaryFailed');
  });
});

describe('a pause', () => {
  test('lasts until the step is approved', async () => {
    const world = await worldAt(canaryOf({ pause: {} }));
    await world.until('the hold is told', () => held(world) === 'AwaitingStepApproval');
    await pass(world, LONG_SECONDS);
    expect(weight(world)).toBe(10);
    expect(conditionOf(world.status, 'Held')?.message).toContain('approve-step to 2:10');
    world.annotate(REQUEST_ANNOTATIONS.approveStep, '2:10 looks good');
    await world.until('the weight rises', () => weight(world) !== 10);
    expect(weight(world)).toBe(50);
    expect(world.status.requests?.approveStep).toBe('2:10 looks good');
    expect(world.events).toContainEqual({
      type: 'Normal',
      reason: 'Held',
      message: 'nothing holds the rollout of version 2 any more',
    });
  });

  test.each(['1:10', '2:1', '2:100', '2:50', '20:10', 'yes', '', '2:10.5'])(
    'does not end by the approval %.20s',
    async (approval) => {
      const world = await worldAt(canaryOf({ pause: {} }));
      world.annotate(REQUEST_ANNOTATIONS.approveStep, approval);
      await pass(world, 300);
      expect(held(world)).toBe('AwaitingStepApproval');
      expect(weight(world)).toBe(10);
    },
  );

  test('of a version that is tried again needs another approval', async () => {
    const world = await worldAt(canaryOf({ pause: {} }));
    world.annotate(REQUEST_ANNOTATIONS.approveStep, '2:10');
    await world.until('the weight rises', () => weight(world) === 50);
    world.flaws.set('2', 'errs when deciding');
    await world.until('version 2 is refused', () => world.status.failed?.version === '2');
    world.flaws.set('2', 'none');
    world.annotate(REQUEST_ANNOTATIONS.retry, '2-again');
    await world.until('the pause holds again', () => held(world) === 'AwaitingStepApproval');
    await pass(world, 300);
    expect(weight(world)).toBe(10);
    world.annotate(REQUEST_ANNOTATIONS.approveStep, '2:10 again');
    await world.until('version 2 serves', () => stable(world) === '2');
  });

  test('with a length ends by itself, and sooner if the step is approved', async () => {
    const world = await worldAt(canaryOf({ pause: { durationSeconds: 300 } }));
    const begin = world.clock.monotonic();
    await world.until('the hold is told', () => held(world) === 'StepPause');
    await world.until('the weight rises', () => weight(world) === 50);
    expect((world.clock.monotonic() - begin) / 1000).toBeGreaterThanOrEqual(300);

    const sooner = await worldAt(canaryOf({ pause: { durationSeconds: LONG_SECONDS } }));
    sooner.annotate(REQUEST_ANNOTATIONS.approveStep, '2:10');
    await sooner.until('the weight rises', () => weight(sooner) === 50, 30);
  });

  test('keeps no bad version', async () => {
    const world = await worldAt(canaryOf({ pause: {} }));
    await pass(world, 300);
    world.flaws.set('2', 'errs when deciding');
    await world.until('version 2 is refused', () => world.status.failed?.reason === 'CanaryFailed');
  });

  test('before a step has passed does not keep its deadline from running', async () => {
    const world = new RolloutWorld(canaryOf({ pause: {} }));
    await world.promote('1');
    await world.promote('2', 'gives no metrics');
    expect(world.status.failed?.reason).toBe('CanaryDeadlineExceeded');
  });
});

describe('a freeze', () => {
  /** From an hour ago until an hour from now, by the clock of the API server. */
  function frozen(world: RolloutWorld): Partial<ModelDeploymentSpec> {
    const at = (seconds: number) => new Date(world.serverNow() + seconds * 1000).toISOString().slice(0, 16);
    return {
      windows: {
        timeZone: 'UTC',
        freezes: [{ from: at(-3_600), to: at(LONG_SECONDS), reason: 'year end' }],
      },
    };
  }

  const WITHOUT_GATES = { shadow: undefined, canary: undefined };
  const PLACES: [string, Partial<ModelDeploymentSpec>, (world: RolloutWorld) => boolean][] = [
    ['Verifying', {}, ({ status }) => status.phase === 'Verifying'],
    ['Shadowing', {}, ({ status }) => status.phase === 'Shadowing'],
    ['Canary at 0 %', {}, ({ status }) => status.phase === 'Canary' && status.candidate?.weightPercent === 0],
    ['Canary at 10 %', {}, (world) => weight(world) === 10],
    ['Canary at 50 %', {}, (world) => weight(world) === 50],
    [
      'Promoting at 0 %',
      WITHOUT_GATES,
      ({ status }) => status.phase === 'Promoting' && status.candidate?.weightPercent === 0,
    ],
  ];

  test.each(PLACES)(
    'holds the rollout in %s, and lets it go on when it is over',
    async (_where, spec, isThere) => {
      const world = new RolloutWorld(spec);
      await world.promote('1');
      world.alias = '2';
      await world.until(
        'the rollout is there',
        () => isThere(world) && world.status.candidate?.version === '2',
      );
      world.edit(frozen(world));
      const { phase } = world.status;
      await pass(world, LONG_SECONDS - 120);
      expect(held(world)).toBe('Frozen');
      expect(conditionOf(world.status, 'Held')?.message).toMatch(/year end.*until 2026-/);
      expect(isThere(world)).toBe(true);
      expect(world.status.phase).toBe(phase);
      expect(stable(world)).toBe('1');
      await world.until('version 2 serves', () => stable(world) === '2');
    },
  );

  test('holds the first version too', async () => {
    const world = new RolloutWorld({});
    world.edit(frozen(world));
    world.alias = '1';
    await pass(world, 600);
    expect(held(world)).toBe('Frozen');
    expect(world.pins).toEqual([]);
    await world.until('version 1 serves', () => stable(world) === '1');
  });

  test('keeps no bad version', async () => {
    const world = await worldAt({});
    world.edit(frozen(world));
    world.flaws.set('2', 'errs when deciding');
    await world.until('version 2 is refused', () => world.status.failed?.reason === 'CanaryFailed');
    expect(held(world)).toBeUndefined();
  });

  test('does not hold a version that served well, nor a bake time', async () => {
    const world = new RolloutWorld({});
    await world.promote('1');
    world.alias = '2';
    await world.until('version 2 bakes', () => world.status.phase === 'Soaking' && stable(world) === '2');
    world.edit(frozen(world));
    await world.until('version 2 is proven', () => world.status.stable?.soakedAt !== undefined, 60);
    world.alias = '1';
    await world.until('version 1 serves', () => stable(world) === '1', 60);
  });

  test('does not let deadlines run, also if a leader changes and the Job is gone', async () => {
    const world = await worldAt({});
    world.edit(frozen(world));
    world.flaws.set('2', 'gives no metrics');
    await pass(world, 500);
    world.restart();
    await pass(world, 500);
    expect(world.status.candidate?.version).toBe('2');
    expect(world.status.failed).toBeUndefined();
    await world.until('the deadline runs again', () => world.status.failed !== undefined, 2_000);
    expect(world.status.failed?.reason).toBe('CanaryDeadlineExceeded');
  });
});

describe('the annotation pause', () => {
  test('holds the rollout until it is removed, and repeats the reason', async () => {
    const world = await worldAt({});
    world.annotate(REQUEST_ANNOTATIONS.pause, 'waiting\nfor Ada');
    await pass(world, LONG_SECONDS);
    expect(weight(world)).toBe(10);
    expect(held(world)).toBe('PausedByRequest');
    expect(conditionOf(world.status, 'Held')?.message).toContain('pauses it: waiting for Ada;');
    world.mark({ annotations: {} });
    await world.until('version 2 serves', () => stable(world) === '2');
  });

  test('holds also a version that served well', async () => {
    const world = new RolloutWorld({});
    await world.promote('1');
    await world.promote('2');
    world.annotate(REQUEST_ANNOTATIONS.pause, '');
    world.alias = '1';
    await pass(world, 600);
    expect(stable(world)).toBe('2');
    expect(held(world)).toBe('PausedByRequest');
    world.mark({ annotations: {} });
    await world.until('version 1 serves', () => stable(world) === '1');
  });
});

describe('a look at a rollout in a closed window', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test('searches the next opening once, although several decisions ask whether the rollout is held', async () => {
    const world = await worldAt({});
    world.edit({
      windows: {
        timeZone: 'Europe/Berlin',
        allowed: [{ from: '00:00', to: '00:01' }],
        freezes: [{ from: '2020-01-01T00:00', to: '2030-01-01T12:00' }],
      },
    });
    await world.until('the hold is told', () => held(world) === 'Frozen');
    const searchedDays = jest.spyOn(TimeZone.prototype, 'changeBetween');
    await world.look();
    // The day on which the freeze ends, and the next day, on which the window opens.
    expect(searchedDays).toHaveBeenCalledTimes(2);
  });
});
