import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import { statusSchema } from '../../../services/shared/model-deployment/status.ts';
import { RolloutWorld, SPEC } from '../../support/rollout-world.ts';

const { rollback, retry, abort, approveStep } = REQUEST_ANNOTATIONS;

/** What a person may write after the first word: long, on many lines, with half a character. */
const text = fc
  .array(fc.constantFrom('why', '\n', '\u001b[31m', '\ud800', '🚫', 'é', 'x'.repeat(331), '🚫'.repeat(333)), {
    maxLength: 8,
  })
  .map((parts) => ` ${parts.join('')}`);

async function worldThatServed(...versions: string[]): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  world.watchesCluster = true;
  for (const version of versions) await world.promote(version);
  return world;
}

async function pass(world: RolloutWorld, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) await world.step();
}

/** How often the rollout of the version began from now on. */
function beginnings(world: RolloutWorld, version: string): () => number {
  let count = 0;
  world.onStatus = (before, after) => {
    const begun = after.phase === 'Verifying' && after.candidate?.version === version;
    if (begun && !(before.phase === 'Verifying' && before.candidate?.version === version)) count++;
  };
  return () => count;
}

describe('a request with any text', () => {
  test('goes back once, and the alias goes on deciding', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (why) => {
        const world = await worldThatServed('1', '2', '3');
        const moves: string[] = [];
        world.onStatus = ({ stable: before }, { stable: after }) => {
          if (before?.version !== after?.version) moves.push(`${before?.version} to ${after?.version}`);
        };
        world.annotate(rollback, `previous${why}`);
        await pass(world, 30);
        expect(moves).toEqual(['3 to 2']);
        const message = world.status.failed?.message ?? '';
        expect(message).toMatch(/^\P{Cc}*$/u);
        expect(message.isWellFormed()).toBe(true);
        await world.promote('4');
        await pass(world, 10);
        expect(moves).toEqual(['3 to 2', '2 to 4']);
        // Only the end of a long text differs.
        world.annotate(rollback, `previous${why}, and once more`);
        await world.until('version 2 serves again', () => world.status.stable?.version === '2');
        await pass(world, 30);
        expect(moves).toEqual(['3 to 2', '2 to 4', '4 to 2']);
      }),
      { seed: 1, numRuns: 25 },
    );
  }, 120_000);

  test('tries a refused version again once', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (why) => {
        const world = await worldThatServed('1');
        await world.promote('2', 'errs when deciding');
        const begun = beginnings(world, '2');
        world.annotate(retry, `2${why}`);
        await pass(world, 200);
        expect(begun()).toBe(1);
        expect(world.status.failed?.version).toBe('2');
      }),
      { seed: 2, numRuns: 15 },
    );
  }, 120_000);

  test('gives a candidate up once, and the version may be tried again', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (why) => {
        const world = await worldThatServed('1');
        world.alias = '2';
        await world.until('a canary', () => world.status.candidate?.weightPercent === 10);
        world.annotate(abort, `2${why}`);
        await world.until('version 2 is given up', () => world.status.failed?.reason === 'Aborted', 5);
        world.annotate(retry, '2 again');
        await world.until('version 2 serves', () => world.status.stable?.version === '2');
      }),
      { seed: 3, numRuns: 15 },
    );
  }, 120_000);

  test('ends the pause of one canary step', async () => {
    const steps =
      SPEC.canary?.steps.map((step, index) => (index === 0 ? { ...step, pause: {} } : step)) ?? [];
    await fc.assert(
      fc.asyncProperty(text, async (why) => {
        const world = new RolloutWorld({ shadow: undefined, canary: { stepDeadlineSeconds: 60, steps } });
        await world.promote('1');
        world.alias = '2';
        await world.until('a canary', () => world.status.candidate?.weightPercent === 10);
        world.annotate(approveStep, `2:10${why}`);
        await world.until('the weight rises', () => world.status.candidate?.weightPercent === 50);
        world.annotate(abort, '2');
        await world.until('version 2 is given up', () => world.status.failed?.reason === 'Aborted');
        world.annotate(retry, '2 again');
        await world.until('a canary', () => world.status.candidate?.weightPercent === 10);
        await pass(world, 300);
        expect(world.status.candidate?.weightPercent).toBe(10);
      }),
      { seed: 4, numRuns: 10 },
    );
  }, 120_000);
});

describe('a request that the API server does not remember', () => {
  const refusing = statusSchema.extend({ requests: z.strictObject({}).optional() });

  test.each<[string, Partial<RolloutWorld>]>([
    ['refuses', { crd: refusing }],
    ['drops', { droppedPart: 'requests' }],
  ])('acts once if its CRD %s the part of the status', async (_what, crd) => {
    const world = await worldThatServed('1', '2', '3');
    Object.assign(world, crd);
    world.annotate(rollback, 'previous');
    await pass(world, 100);
    expect(world.status.stable?.version).toBe('2');
    await world.promote('4');
    world.annotate(rollback, 'previous again');
    await world.until('version 2 serves', () => world.status.stable?.version === '2', 30);
    await pass(world, 100);
    expect(world.status.stable?.version).toBe('2');
    world.alias = '5';
    await world.until('a canary', () => world.status.candidate?.weightPercent === 10);
    world.annotate(abort, '5');
    await world.until('version 5 is given up', () => world.status.failed?.reason === 'Aborted');
    world.annotate(retry, '5 again');
    await world.until('version 5 serves', () => world.status.stable?.version === '5');
  });
});

describe('the first word of a request', () => {
  test.each(['2.5', '2th', '2x', '3000', 'previousé', 'previous-1', 'previously', '2026-01-02'])(
    'that is not exactly a version names none: %s',
    async (value) => {
      const world = await worldThatServed('1', '2', '3');
      world.annotate(rollback, value);
      await pass(world, 20);
      expect(world.status.stable?.version).toBe('3');
      expect(world.status.conditions).toContainEqual(
        expect.objectContaining({ type: 'BreakGlass', reason: 'RollbackImpossible' }),
      );
    },
  );

  test.each(['2', '2: complaints', '2, complaints', '2 complaints', '2\ncomplaints', 'previous: 1'])(
    'ends at white space, a colon or a comma: %j',
    async (value) => {
      const world = await worldThatServed('1', '2', '3');
      world.annotate(rollback, value);
      await world.until('version 2 serves', () => world.status.stable?.version === '2', 30);
    },
  );
});
