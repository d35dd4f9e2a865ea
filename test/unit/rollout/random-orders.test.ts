import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { play, randomOrders } from '../../support/rollout-world/random-order.ts';
import type { Flaw } from '../../support/rollout-world.ts';

/** A fixed seed makes a run repeatable. `make chaos` plays other orders. */
const SEED = 156057003;

const ANY: readonly Flaw[] = [
  'none',
  'none',
  'none',
  'refused by verification',
  'crashes verification',
  'comes to no verdict',
  'flips decisions',
  'errs when deciding',
  'gives no metrics',
  'never loads',
  'never becomes ready',
  'errs in service',
  'errs with all keys',
  'crashes pods when loaded',
  'crashes in service',
];

/** Other flaws show only in live records beside a stable version, so a first version cannot have them. */
const VISIBLE: readonly Flaw[] = [
  'none',
  'refused by verification',
  'crashes verification',
  'never becomes ready',
  'crashes in service',
];

describe('under any order of disturbances, with a crash of the operator at any await', () => {
  test('there is one candidate, only verified versions are pinned, and the last alias decides the outcome', async () => {
    const orders = randomOrders({ 1: ['none'], 2: ANY, 3: ANY, 4: ANY, 5: ANY });
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        const { status, flaws, alias, currentPin } = await play(order, '1');
        const { phase, stable, failed } = status;
        expect(currentPin).toEqual({ version: stable?.version, digest: stable?.digest });
        // A recreated object cannot know what the object before it knew of a version.
        if (order.moments.some(({ disturbance }) => disturbance.what === 'object deleted')) return;
        expect(flaws.get(stable?.version ?? '') ?? 'none').toBe('none');
        if (alias === undefined) return;
        if (failed?.reason === 'VersionNumberReused') return;
        if (flaws.get(alias) === 'none') {
          expect({ phase, stable: stable?.version, failed }).toEqual({ phase: 'Stable', stable: alias });
        } else {
          expect({ phase, failed: failed?.version }).toEqual({ phase: 'RolledBack', failed: alias });
        }
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  }, 120_000);

  test('a first version becomes stable, or is refused and pinned nowhere', async () => {
    const orders = randomOrders({ 1: VISIBLE, 2: VISIBLE, 3: VISIBLE, 4: VISIBLE, 5: VISIBLE });
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        const { status, flaws, alias, currentPin } = await play(order);
        const { stable, failed } = status;
        if (stable) expect(currentPin).toEqual({ version: stable.version, digest: stable.digest });
        // The number of the stable version may be refused for other files than those that are pinned.
        if (failed && failed.reason !== 'VersionNumberReused') {
          expect(currentPin?.version).not.toBe(failed.version);
        }
        if (alias === undefined) return;
        expect(flaws.get(alias) === 'none' ? stable?.version : failed?.version).toBe(alias);
      }),
      { seed: SEED, numRuns: 500 },
    );
  }, 120_000);
});
