import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  REQUEST_ANNOTATIONS,
  REQUESTED_BY,
} from '../../../services/shared/agreements/request-annotations.ts';
import { specSchema } from '../../../services/shared/model-deployment/spec.ts';
import type { Flaw } from '../../support/rollout-world/flaw.ts';
import { Crash, digestOf, RolloutWorld } from '../../support/rollout-world.ts';

const ROLLBACK = REQUEST_ANNOTATIONS.rollback;

function pinOf(version: string, reason?: string) {
  return { pin: { version, digest: digestOf(version), ...(reason ? { reason } : {}) } };
}

/** A world in which these versions became stable one after the other. */
async function worldThatServed(...versions: string[]): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  world.watchesCluster = true;
  for (const version of versions) await world.promote(version);
  return world;
}

/** The alias and MLflow are gone, and a new leader knows nothing. */
function loseRegistry(world: RolloutWorld, mode: 'unreachable' | 'hangs' | 'refuses' = 'unreachable'): void {
  world.alias = undefined;
  world.registry.mode = mode;
  world.waitsForRegistry = false;
  world.restart();
}

/** Whether every pod decides with the version: by its pin, or because it is told so. */
function decidesAll({ status, simulatedPods }: RolloutWorld, version: string): boolean {
  const { stable, candidate } = status;
  if (stable?.version !== version) return false;
  if (candidate?.mode === 'canary' && candidate.version !== version && candidate.weightPercent !== 0)
    return false;
  const told =
    candidate?.version === version && candidate.mode === 'canary' && candidate.weightPercent === 100;
  return simulatedPods.every(({ pin }) => told || pin?.version === version);
}

function condition({ status }: RolloutWorld, type: string) {
  return status.conditions?.find((found) => found.type === type);
}

function recorded({ status }: RolloutWorld): string[] {
  return (status.transitions ?? []).map(({ reason, by }) => `${reason} by ${by}`);
}

async function secondsUntil(world: RolloutWorld, version: string): Promise<number> {
  const from = world.clock.monotonic();
  await world.until(`version ${version} decides all keys`, () => decidesAll(world, version), 60);
  return (world.clock.monotonic() - from) / 1000;
}

describe('spec.pin', () => {
  test.each(['unreachable', 'hangs', 'refuses'] as const)(
    'restores a version that served, at once, while MLflow %s and the leader is new',
    async (mode) => {
      const world = await worldThatServed('1', '2');
      loseRegistry(world, mode);
      world.edit(pinOf('1', 'wrong decisions'));
      expect(await secondsUntil(world, '1')).toBeLessThan(5);
      expect(world.status).toMatchObject({
        phase: 'RolledBack',
        stable: { version: '1', digest: digestOf('1') },
        failed: {
          version: '2',
          reason: 'BreakGlass',
          message: 'version 1 was restored by spec.pin: wrong decisions',
        },
        history: [
          { version: '2', outcome: 'Failed' },
          { version: '1', outcome: 'Served' },
        ],
      });
      expect(condition(world, 'BreakGlass')).toMatchObject({ status: 'True', reason: 'Pinned' });
      expect(recorded(world)).toEqual(
        expect.arrayContaining(['BreakGlass by spec.pin', 'RolledBack by spec.pin', 'Pinned by spec.pin']),
      );
      expect(world.events.map(({ reason }) => reason)).toEqual(
        expect.arrayContaining(['BreakGlass', 'RolledBack', 'Pinned']),
      );
    },
  );

  test('refuses a canary too, and pods that are pinned to it decide with the restored version', async () => {
    for (const weight of [10, 50, 100]) {
      const world = await worldThatServed('1', '2');
      world.alias = '3';
      await world.until('the weight', () => world.status.candidate?.weightPercent === weight);
      loseRegistry(world);
      world.edit(pinOf('1'));
      await secondsUntil(world, '1');
      const refused = world.status.refusals?.map(({ version, reason }) => `${version} ${reason}`);
      expect(refused).toEqual(['3 BreakGlass', '2 BreakGlass']);
      expect(world.status.failed?.version).toBe('3');
    }
  });

  test('to the version that serves gives a candidate up, and holds against failures and the alias', async () => {
    const world = await worldThatServed('1', '2');
    world.alias = '3';
    await world.until('a canary', () => world.status.candidate?.weightPercent === 10);
    world.edit(pinOf('2'));
    await secondsUntil(world, '2');
    expect(world.status).toMatchObject({
      failed: { version: '3', reason: 'BreakGlass' },
      phase: 'RolledBack',
    });
    world.alias = '4';
    for (let step = 0; step < 50; step++) await world.step();
    expect(world.status.stable?.version).toBe('2');
    expect(world.verified.has('4')).toBe(false);
  });

  test('holds a version whose bake time is not over, also if its queries fail', async () => {
    const world = await worldThatServed('1');
    world.flaws.set('2', 'errs in service');
    world.alias = '2';
    await world.until('the bake time', () => world.status.phase === 'Soaking');
    world.edit(pinOf('2'));
    for (let step = 0; step < 30; step++) await world.step();
    expect(world.status.stable?.version).toBe('2');
    world.edit({ pin: undefined });
    await world.until('the failed bake time', () => world.status.stable?.version === '1');
    expect(world.status.failed?.reason).toBe('SoakFailed');
  });

  test('ignores the alias while it stands, and lets it decide again when it is gone', async () => {
    const world = await worldThatServed('1', '2');
    world.edit(pinOf('1'));
    await secondsUntil(world, '1');
    world.alias = '3';
    for (let step = 0; step < 50; step++) await world.step();
    expect(world.status).toMatchObject({ stable: { version: '1' } });
    expect(world.currentPin?.version).toBe('1');
    world.edit({ pin: undefined });
    await world.until('version 3 serves', () => world.settled && world.status.stable?.version === '3');
    expect(condition(world, 'BreakGlass')?.status).toBe('False');
  });

  test('leaves the version that it left refused, until a retry names it', async () => {
    const world = await worldThatServed('1', '2');
    world.edit(pinOf('1'));
    await secondsUntil(world, '1');
    world.edit({ pin: undefined });
    for (let step = 0; step < 50; step++) await world.step();
    expect(world.status).toMatchObject({
      stable: { version: '1' },
      failed: { version: '2', reason: 'BreakGlass' },
    });
    expect(condition(world, 'BreakGlass')).toMatchObject({ status: 'True', reason: 'LeftByBreakGlass' });
    const phases: unknown[] = [];
    world.onStatus = (_before, { phase }) => phases.push(phase);
    world.annotate(REQUEST_ANNOTATIONS.retry, '2');
    await world.until('version 2 serves', () => world.settled && world.status.stable?.version === '2');
    expect(phases).toEqual(expect.arrayContaining(['Verifying', 'Shadowing', 'Canary']));
  });

  test.each([
    ['a version that never served', { version: '7', digest: digestOf('7') }],
    ['another digest', { version: '1', digest: digestOf('2') }],
  ])('that names %s changes nothing, and a condition lists what has served', async (_what, pin) => {
    const world = await worldThatServed('1', '2');
    world.edit({ pin });
    for (let step = 0; step < 5; step++) await world.step();
    expect(world.status.stable?.version).toBe('2');
    expect(condition(world, 'BreakGlass')).toMatchObject({
      status: 'False',
      reason: 'PinImpossible',
      message: expect.stringContaining(`2 (${digestOf('2')}), 1 (${digestOf('1')})`),
    });
    await world.promote('3');
    expect(world.status.stable?.version).toBe('3');
  });

  test('that names the candidate begins to hold once it serves, and the condition says so before', async () => {
    const world = await worldThatServed('1');
    world.alias = '2';
    await world.until('a canary', () => world.status.candidate?.weightPercent === 10);
    world.edit(pinOf('2'));
    await world.look();
    expect(condition(world, 'BreakGlass')?.message).toContain(
      'it begins to hold once that version has served here',
    );
    await world.until('it holds', () => condition(world, 'BreakGlass')?.reason === 'Pinned');
    expect(world.status.stable?.version).toBe('2');
  });

  test('needs no approval, and takes a version back that waits for its own', async () => {
    const world = await worldThatServed('1', '2');
    const approval = specSchema.shape.approval.parse({
      required: 2,
      publicKeys: { configMap: 'approval-keys' },
    });
    world.edit({ approval });
    world.alias = '3';
    await world.until('a wait', () => world.status.phase === 'AwaitingApproval');
    world.edit(pinOf('1'));
    expect(await secondsUntil(world, '1')).toBeLessThan(5);
    expect(world.status.refusals?.map(({ version }) => version)).toEqual(['3', '2']);
  });

  test('does not refuse the restored version if both have the same files', async () => {
    const world = await worldThatServed('1');
    world.registry.digestOf = () => digestOf('1');
    await world.promote('2');
    world.edit(pinOf('1'));
    await secondsUntil(world, '1');
    world.edit({ pin: undefined });
    world.alias = '1';
    await world.until('version 1 is stable', () => world.status.phase === 'Stable');
    expect(world.status).toMatchObject({ stable: { version: '1' } });
    expect(world.status.failed).toBeUndefined();
  });

  test('can go back to a version that break glass left', async () => {
    const world = await worldThatServed('1', '2');
    for (const version of ['1', '2', '1', '2']) {
      world.edit(pinOf(version));
      await secondsUntil(world, version);
    }
    world.edit({ pin: undefined });
    await world.until('the end', () => world.settled);
    expect(world.status).toMatchObject({ stable: { version: '2' } });
    expect(world.status.failed).toBeUndefined();
  });
});

describe('the annotation rollback', () => {
  test('beside spec.pin has no effect, and condition, Event and record say so', async () => {
    const world = await worldThatServed('1', '2', '3');
    world.edit(pinOf('2'));
    await secondsUntil(world, '2');
    world.annotate(REQUESTED_BY.rollback, 'alice');
    world.annotate(ROLLBACK, '1: now');
    for (let step = 0; step < 20; step++) await world.step();
    const text = 'the annotation rollback "1: now" has no effect while spec.pin stands';
    expect(world.status.stable?.version).toBe('2');
    expect(condition(world, 'BreakGlass')).toMatchObject({
      reason: 'Pinned',
      message: expect.stringContaining(text),
    });
    expect(world.events.filter(({ message }) => message.includes(text))).toHaveLength(1);
    expect(world.status.transitions).toContainEqual(
      expect.objectContaining({
        reason: 'RollbackRequested',
        by: 'alice',
        message: 'the annotation rollback is 1: now, and has no effect while spec.pin stands',
      }),
    );
    world.edit({ pin: undefined });
    for (let step = 0; step < 20; step++) await world.step();
    expect(world.status.stable?.version).toBe('2');
  });

  test('that was obeyed before spec.pin was set is not told as one without effect', async () => {
    const world = await worldThatServed('1', '2', '3');
    world.annotate(ROLLBACK, '1');
    await secondsUntil(world, '1');
    world.edit(pinOf('2'));
    await secondsUntil(world, '2');
    expect(condition(world, 'BreakGlass')?.message).not.toContain('rollback');
  });

  test('set at once with spec.pin leaves the decision and its record to spec.pin', async () => {
    const world = await worldThatServed('1', '2', '3');
    world.annotate(REQUESTED_BY.rollback, 'alice');
    world.annotate(ROLLBACK, '1');
    world.edit(pinOf('2'));
    await secondsUntil(world, '2');
    expect(recorded(world)).toEqual(
      expect.arrayContaining(['RollbackRequested by alice', 'BreakGlass by spec.pin', 'Pinned by spec.pin']),
    );
  });

  test('goes back to the version before, once, and names who asked', async () => {
    const world = await worldThatServed('1', '2');
    loseRegistry(world);
    world.annotate(REQUESTED_BY.rollback, 'alice');
    world.annotate(ROLLBACK, 'previous because of complaints');
    expect(await secondsUntil(world, '1')).toBeLessThan(5);
    expect(world.status).toMatchObject({
      requests: { rollback: 'previous because of complaints' },
      failed: {
        version: '2',
        reason: 'BreakGlass',
        message:
          'version 1 was restored by the annotation rollback, set by alice: previous because of complaints',
      },
    });
    expect(recorded(world)).toEqual(
      expect.arrayContaining(['RollbackRequested by alice', 'BreakGlass by alice', 'RolledBack by alice']),
    );
    world.registry.mode = 'answers';
    await world.promote('3');
    expect(world.status.stable?.version).toBe('3');
    for (let step = 0; step < 20; step++) await world.step();
    expect(world.status.stable?.version).toBe('3');
  });

  test('does not let the alias bring the version back that was left', async () => {
    const world = await worldThatServed('1', '2');
    world.annotate(ROLLBACK, '1');
    await secondsUntil(world, '1');
    for (let step = 0; step < 50; step++) await world.step();
    expect(world.status).toMatchObject({
      stable: { version: '1' },
      failed: { version: '2', reason: 'BreakGlass' },
    });
    expect(world.currentPin?.version).toBe('1');
  });

  test('means the stable version while a canary decides keys, and the version before it otherwise', async () => {
    for (const [weight, expected] of [
      [0, '1'],
      [50, '2'],
      [100, '2'],
    ] as const) {
      const world = await worldThatServed('1', '2');
      world.alias = '3';
      await world.until('the weight', () => world.status.candidate?.weightPercent === weight);
      world.annotate(ROLLBACK, 'previous');
      await secondsUntil(world, expected);
      for (let step = 0; step < 30; step++) await world.step();
      expect(world.status).toMatchObject({ stable: { version: expected }, failed: { version: '3' } });
    }
  });

  test.each(['7', '10', 'previously', 'the last one', '2x1'])(
    'with the value %s has no effect, and a condition says so until another value comes',
    async (value) => {
      const world = await worldThatServed('1');
      world.annotate(ROLLBACK, value);
      for (let step = 0; step < 5; step++) await world.step();
      expect(world.status).toMatchObject({ stable: { version: '1' }, requests: { rollback: value } });
      expect(condition(world, 'BreakGlass')).toMatchObject({ status: 'False', reason: 'RollbackImpossible' });
      await world.promote('2');
      for (let step = 0; step < 20; step++) await world.step();
      expect(world.status.stable?.version).toBe('2');
      world.annotate(ROLLBACK, 'previous');
      await secondsUntil(world, '1');
      expect(condition(world, 'BreakGlass')).toMatchObject({ status: 'True', reason: 'LeftByBreakGlass' });
    },
  );
});

test('many rollbacks to and fro push no other version out of the history', async () => {
  const world = await worldThatServed('1', '2', '3');
  for (let round = 0; round < 6; round++) {
    for (const version of ['2', '3']) {
      world.annotate(ROLLBACK, `${version} in round ${round}`);
      await secondsUntil(world, version);
    }
  }
  expect(world.status.fallback).toEqual({ version: '1', digest: digestOf('1') });
  world.annotate(ROLLBACK, '1');
  await secondsUntil(world, '1');
});

describe('status.fallback', () => {
  test('names the version that a rollback would restore, so that pods keep its files', async () => {
    const world = await worldThatServed('1');
    expect(world.status.fallback).toBeUndefined();
    await world.promote('2');
    expect(world.status.fallback).toEqual({ version: '1', digest: digestOf('1') });
    await world.promote('3', 'errs when deciding');
    expect(world.status.fallback).toEqual({ version: '1', digest: digestOf('1') });
    await world.promote('4');
    expect(world.status.fallback).toEqual({ version: '2', digest: digestOf('2') });
  });
});

describe('in any state of a rollout', () => {
  const flaw = fc.constantFrom<Flaw>(
    'none',
    'errs when deciding',
    'errs in service',
    'never loads',
    'crashes pods when loaded',
    'flips decisions',
  );
  const order = fc.record({
    steps: fc.integer({ min: 0, max: 120 }),
    flaw,
    mode: fc.constantFrom('answers' as const, 'unreachable' as const, 'hangs' as const, 'refuses' as const),
    prometheus: fc.constantFrom('answers' as const, 'unreachable' as const, 'hangs' as const),
    newLeader: fc.boolean(),
    byPin: fc.boolean(),
    to: fc.constantFrom('1', '2'),
    crashes: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
  });

  test('the named version decides all keys within 30 s, and the alias brings nothing back', async () => {
    await fc.assert(
      fc.asyncProperty(order, async ({ steps, flaw, mode, prometheus, newLeader, byPin, to, crashes }) => {
        const world = await worldThatServed('1', '2');
        world.flaws.set('3', flaw);
        world.alias = '3';
        for (let step = 0; step < steps; step++) await world.step();
        const served = [world.status.stable, ...(world.status.history ?? [])].map((known) => known?.version);
        expect(served).toContain(to);
        world.registry.mode = mode;
        world.waitsForRegistry = false;
        world.prometheus.mode = prometheus;
        if (newLeader) world.restart();
        if (byPin) world.edit(pinOf(to));
        else world.annotate(ROLLBACK, to);
        const from = world.clock.monotonic();
        for (const calls of crashes) {
          let left = calls;
          world.onCall = () => {
            if (--left === 0) throw new Crash();
          };
          await world.step();
          world.onCall = () => {};
        }
        await world.until('the version decides', () => decidesAll(world, to), 60);
        expect((world.clock.monotonic() - from) / 1000).toBeLessThan(30);
        // A version that the operator had not seen when the person went back is a new promotion.
        if (!world.status.refusals?.some(({ version }) => version === '3')) world.alias = to;
        world.prometheus.mode = 'answers';
        for (let step = 0; step < 100; step++) {
          await world.step();
          expect(world.status.stable?.version).toBe(to);
        }
        world.registry.mode = 'answers';
        world.edit({ pin: undefined });
        for (let step = 0; step < 100; step++) await world.step();
        expect(world.status.stable?.version).toBe(to);
        expect(world.currentPin?.version).toBe(to);
      }),
      { seed: 16, numRuns: 30 },
    );
  }, 240_000);
});
