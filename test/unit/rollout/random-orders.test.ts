import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RETRY_ANNOTATION } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { Crash, digestOf, type Flaw, RolloutWorld } from '../../support/rollout-world.ts';

type Disturbance =
  | { readonly what: 'alias'; readonly version: string | undefined }
  | { readonly what: 'crash' | 'touch' | 'retry' | 'pod replaced' | 'suspend' }
  | { readonly what: 'registry' | 'metrics'; readonly down: boolean };

/** A disturbance, and the number of calls by the operator between it and the previous disturbance. */
interface Moment {
  readonly calls: number;
  readonly disturbance: Disturbance;
}

const FLAWS: readonly Flaw[] = [
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
];

/** The flaws of versions 2 to 5. Version 1 has none. */
const flaws = fc.array(fc.constantFrom(...FLAWS), { minLength: 4, maxLength: 4 });
const version = fc.constantFrom('1', '2', '3', '4', '5');

const disturbance: fc.Arbitrary<Disturbance> = fc.oneof(
  { weight: 4, arbitrary: version.map((to) => ({ what: 'alias' as const, version: to })) },
  { weight: 1, arbitrary: fc.constant({ what: 'alias' as const, version: undefined }) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom('crash', 'touch', 'retry', 'pod replaced', 'suspend')
      .map((what) => ({ what })),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constantFrom('registry' as const, 'metrics' as const),
      down: fc.boolean(),
    }),
  },
);

const moments: fc.Arbitrary<Moment[]> = fc.array(
  fc.record({ calls: fc.integer({ min: 1, max: 40 }), disturbance }),
  {
    maxLength: 25,
  },
);

function apply(world: RolloutWorld, disturbance: Disturbance, count: number): void {
  switch (disturbance.what) {
    case 'alias':
      world.alias = disturbance.version;
      return;
    case 'registry':
      world.registryDown = disturbance.down;
      return;
    case 'metrics':
      world.metricsDown = disturbance.down;
      return;
    case 'touch':
      world.annotate('touched', String(count));
      return;
    case 'retry':
      world.annotate(RETRY_ANNOTATION, String(count));
      return;
    case 'suspend':
      world.edit({ suspend: count % 2 === 0 });
      return;
    case 'pod replaced':
      world.simulatedPods[count % 2] = world.newPod(world.currentPin);
      return;
    case 'crash':
      throw new Crash();
  }
}

/** Checks the invariants at every write of the status. */
function watch(world: RolloutWorld): void {
  world.onStatus = (before, after) => {
    const { stable, candidate } = after;
    if (stable) expect(world.verified).toContain(stable.version);
    // Pods may load a candidate only with its digest, and only a verification gives the digest.
    if (candidate?.mode !== undefined) {
      expect(world.verified).toContain(candidate.version);
      expect(candidate.digest).toBe(digestOf(candidate.version));
    }
    expectNoDroppedModel(world, after);
    if (raised(before, after)) expect(world.reportedLoaded(candidate?.version ?? '')).toBe(true);
  };
}

function raised(before: ModelDeploymentStatus, { candidate, stable }: ModelDeploymentStatus): boolean {
  if (candidate?.mode !== 'canary' || candidate.version === stable?.version) return false;
  const weight = before.candidate?.version === candidate.version ? (before.candidate.weightPercent ?? 0) : 0;
  return (candidate.weightPercent ?? 0) > weight;
}

/** A pod with another pin than the stable version must not decide with that pin, unless a candidate decides all keys. */
function expectNoDroppedModel(
  { simulatedPods }: RolloutWorld,
  { stable, candidate }: ModelDeploymentStatus,
): void {
  if (stable === undefined || (candidate?.mode === 'canary' && candidate.weightPercent === 100)) return;
  for (const { pin } of simulatedPods) if (pin) expect(pin.version).toBe(stable.version);
}

function expectSafe(world: RolloutWorld): void {
  const { stable, candidate, failed } = world.status;
  expectNoDroppedModel(world, world.status);
  for (const pin of world.pins.filter((pin) => pin !== undefined)) {
    expect(world.verified).toContain(pin.version);
    expect(pin.digest).toBe(digestOf(pin.version));
  }
  // There are never two candidates: a pinned version is stable, the candidate, or being rolled back.
  const known = [
    stable?.version,
    candidate?.version,
    failed?.version,
    ...(world.status.history ?? []).map((h) => h.version),
  ];
  // The status does not name a version that was given up. It stays pinned only while the stable version has all keys.
  const givenUp = candidate?.version === stable?.version && failed === undefined;
  if (world.currentPin && candidate?.mode !== undefined && !givenUp)
    expect(known).toContain(world.currentPin.version);
  expect(world.unfinishedJobs).toBeLessThanOrEqual(1);
}

async function play(world: RolloutWorld, schedule: readonly Moment[]): Promise<void> {
  let next = 0;
  let calls = 0;
  world.onCall = () => {
    const moment = schedule[next];
    if (moment === undefined || ++calls < moment.calls) return;
    calls = 0;
    next++;
    apply(world, moment.disturbance, next);
  };
  for (let step = 0; next < schedule.length && step < 3000; step++) {
    await world.step();
    expectSafe(world);
    // A suspended operator makes no calls, so no scheduled disturbance would end the suspension.
    if (world.modelDeployment().spec.suspend && step % 10 === 9) world.edit({ suspend: false });
  }
  world.onCall = () => {};
}

async function recover(world: RolloutWorld): Promise<void> {
  world.registryDown = false;
  world.metricsDown = false;
  world.edit({ suspend: false });
  // The operator may not have seen the last disturbance yet.
  await world.step();
  await world.until('everything settles', () => world.settled, 2000);
  for (let look = 0; look < 10; look++) await world.step();
  expect(world.settled).toBe(true);
  expectSafe(world);
}

describe('under any order of disturbances, with a crash of the operator at any await', () => {
  test('there is one candidate, only verified versions are pinned, and the last alias decides the outcome', async () => {
    await fc.assert(
      fc.asyncProperty(flaws, moments, async (flawed, schedule) => {
        const world = new RolloutWorld();
        flawed.forEach((flaw, index) => {
          world.flaws.set(String(index + 2), flaw);
        });
        watch(world);
        await world.promote('1');
        await play(world, schedule);
        await recover(world);
        const { phase, stable, failed } = world.status;
        expect(world.flaws.get(stable?.version ?? '') ?? 'none').toBe('none');
        expect(world.currentPin).toEqual({ version: stable?.version, digest: stable?.digest });
        if (world.alias === undefined) return;
        if ((world.flaws.get(world.alias) ?? 'none') === 'none') {
          expect({ phase, stable: stable?.version, failed }).toEqual({
            phase: 'Stable',
            stable: world.alias,
          });
        } else {
          expect({ phase, failed: failed?.version }).toEqual({ phase: 'RolledBack', failed: world.alias });
        }
      }),
      // A fixed seed makes a run repeatable. Its 159th order found a pod that was replaced at a bad moment.
      { seed: 156057003, numRuns: 300 },
    );
  }, 120_000);

  test('a first version becomes stable, or is refused and pinned nowhere', async () => {
    // Other flaws show only in live records beside a stable version, so a first version cannot have them.
    const visible: readonly Flaw[] = [
      'none',
      'refused by verification',
      'crashes verification',
      'never becomes ready',
    ];
    const visibleFlaws = fc.array(fc.constantFrom(...visible), { minLength: 5, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(visibleFlaws, moments, async (flawed, schedule) => {
        const world = new RolloutWorld();
        flawed.forEach((flaw, index) => {
          world.flaws.set(String(index + 1), flaw);
        });
        watch(world);
        await play(world, schedule);
        await recover(world);
        const { stable, failed } = world.status;
        if (stable) expect(world.currentPin).toEqual({ version: stable.version, digest: stable.digest });
        if (failed) expect(world.currentPin?.version).not.toBe(failed.version);
        if (world.alias === undefined) return;
        const good = world.flaws.get(world.alias) === 'none';
        expect(good ? stable?.version : failed?.version).toBe(world.alias);
      }),
      { seed: 156057003, numRuns: 150 },
    );
  }, 120_000);
});
