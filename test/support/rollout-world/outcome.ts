import fc from 'fast-check';
import type { RolloutWorld } from '../rollout-world.ts';
import type { Flaw } from './flaw.ts';
import { play, type RandomOrder, randomOrders } from './random-order.ts';

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
  'crashes in its bake time',
];

/** Other flaws show only in live records beside a stable version, so a first version cannot have them. */
const VISIBLE: readonly Flaw[] = [
  'none',
  'refused by verification',
  'crashes verification',
  'never becomes ready',
  'crashes in service',
];

/** Flaws that show only when the version has all keys. */
const UNPROVEN: readonly Flaw[] = ['errs in service', 'errs with all keys'];

/** A rollout with a stable version. @throws Error if the order ends in a wrong state */
export const afterStableVersion = fc.asyncProperty(
  randomOrders({ 1: ['none'], 2: ANY, 3: ANY, 4: ANY, 5: ANY }),
  async (order) => {
    const world = await play(order, '1');
    expectPin(world);
    if (knowsLess(order)) return;
    const { flaws, alias, status } = world;
    const { phase, stable, failed } = status;
    // A bake time that ended without a verdict leaves the version in service, unproven.
    const shownInService = UNPROVEN.includes(flaws.get(stable?.version ?? '') ?? 'none');
    if (stable?.soakedAt === undefined && shownInService) return;
    if (isFlawed(world, stable?.version)) throw wrong('a flawed version is stable', world);
    if (alias === undefined || failed?.reason === 'VersionNumberReused') return;
    const wanted =
      flaws.get(alias) === 'none' ? `Stable ${alias} undefined` : `RolledBack ${failed?.version} ${alias}`;
    const version = phase === 'Stable' ? stable?.version : failed?.version;
    if (`${phase} ${version} ${failed?.version}` !== wanted)
      throw wrong('the last alias did not decide', world);
  },
);

/** A rollout from the very first version. @throws Error if the order ends in a wrong state */
export const fromFirstVersion = fc.asyncProperty(
  randomOrders({ 1: VISIBLE, 2: VISIBLE, 3: VISIBLE, 4: VISIBLE, 5: VISIBLE }),
  async (order) => {
    const world = await play(order);
    const { status, alias, currentPin } = world;
    const { stable, failed } = status;
    if (stable) expectPin(world);
    if (knowsLess(order) || isPinnedByAnother(order)) return;
    if (failed?.reason === 'VersionNumberReused') return;
    if (failed && currentPin?.version === failed.version) throw wrong('a refused version is pinned', world);
    if (alias === undefined) return;
    const version = isFlawed(world, alias) ? failed?.version : stable?.version;
    if (version !== alias) throw wrong('the last alias did not decide', world);
  },
);

/** A new object adopts what serves, and cannot know what an object before it knew of a version. */
function knowsLess({ moments }: RandomOrder): boolean {
  return moments.some(({ disturbance }) => disturbance.what === 'object deleted');
}

function isPinnedByAnother({ moments }: RandomOrder): boolean {
  return moments.some(({ disturbance }) => disturbance.what === 'pin overwritten');
}

function isFlawed({ flaws }: RolloutWorld, version: string | undefined): boolean {
  return (flaws.get(version ?? '') ?? 'none') !== 'none';
}

function expectPin(world: RolloutWorld): void {
  const { currentPin, status } = world;
  const { version, digest } = status.stable ?? {};
  if (currentPin?.version !== version || currentPin?.digest !== digest) {
    throw wrong(`the pin ${currentPin?.version} is not the stable version`, world);
  }
}

function wrong(what: string, { status, alias }: RolloutWorld): Error {
  return new Error(`${what}; alias ${alias}; ${JSON.stringify(status)}`);
}
