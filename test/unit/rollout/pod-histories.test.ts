import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HeldCanary } from '../../support/rollout-world/held-canary.ts';

const RUNS = { numRuns: 60 };
const LOSS_SECONDS = 30;

describe('a candidate that crashes pods', () => {
  const history = fc.record({
    pods: fc.integer({ min: 1, max: 12 }),
    crashes: fc.constantFrom('every pod', 'half of the pods', 'one pod after the other'),
    fault: fc.constantFrom(
      'none',
      'no pod before',
      'the Deployment grows',
      'a pod is down at the load',
      'pods cannot be listed',
    ),
    /** Seconds from a crash until the pod is ready again. */
    back: fc.integer({ min: 1, max: 3 }),
  });

  test('loses its keys within 30 s, whatever other fault there is', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ pods, crashes, fault, back }) => {
        const canary = new HeldCanary();
        const { world } = canary;
        await canary.begin(pods);
        const [first] = world.simulatedPods;
        if (fault === 'no pod before') world.target.scale(0);
        if (fault === 'a pod is down at the load' && first) first.readyAt = world.serverNow() + 2_000;
        await world.until('the load', () => world.status.phase === 'Canary');
        await canary.second();
        if (fault === 'no pod before') world.target.scale(pods);
        await canary.untilDecides();
        if (fault === 'the Deployment grows') world.target.scale(2 * pods + 1);
        for (let second = 0; second < 5; second++) await canary.second();
        if (fault === 'pods cannot be listed') world.denials.deny('pods', 403);
        let seconds = 0;
        for (; canary.isLoaded && seconds <= LOSS_SECONDS; seconds++) {
          const all = world.simulatedPods;
          const many = crashes === 'every pod' ? all.length : Math.ceil(all.length / 2);
          const hit =
            crashes === 'one pod after the other' ? [all[(seconds / 5) % all.length]] : all.slice(0, many);
          if (seconds % 5 === 0) {
            for (const pod of hit) if (pod && canary.isLoaded) await canary.end(pod, back);
          }
          await canary.second();
        }
        expect(seconds).toBeLessThanOrEqual(LOSS_SECONDS);
        expect(world.status.failed).toMatchObject({ version: '2', reason: 'PodsUnavailable' });
      }),
      RUNS,
    );
  });
});

describe('a good candidate', () => {
  const history = fc.record({
    pods: fc.integer({ min: 1, max: 12 }),
    what: fc.constantFrom(
      'one pod moves to another node',
      'all pods are replaced at once',
      'all pods are replaced one after the other',
      'a node restarts under all pods',
      'pods restart as often as before',
      'the Deployment grows and shrinks',
    ),
    /** Seconds until a new pod is ready. */
    start: fc.integer({ min: 1, max: 500 }),
    /** Restarts of each pod in the week before. */
    restarts: fc.integer({ min: 1, max: 500 }),
  });
  const HOUR = 3_600;
  const LASTS = 1_300;

  test('keeps its keys while pods are moved, replaced and restarted for healthy causes', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ pods, what, start, restarts }) => {
        const canary = new HeldCanary();
        const { world } = canary;
        const background = what === 'pods restart as often as before';
        await canary.begin(pods, background ? restarts : 0);
        await canary.untilDecides();
        const interval = Math.ceil((7 * 24 * HOUR) / (pods * restarts));
        for (let second = 0; second < LASTS; second++) {
          const all = world.simulatedPods;
          if (background && second % interval === interval >> 1) {
            const pod = all[Math.floor(second / interval) % all.length];
            if (pod) await canary.end(pod, Math.min(start, 100));
          } else if (what === 'all pods are replaced one after the other') {
            const next = second / (start + 1);
            if (Number.isInteger(next) && next < pods) await canary.replace(next, start);
          } else if (second === 60) {
            if (what === 'one pod moves to another node') await canary.replace(0, start);
            if (what === 'all pods are replaced at once') {
              for (let index = 0; index < pods; index++) await canary.replace(index, start);
            }
            if (what === 'a node restarts under all pods') {
              for (const pod of all) await canary.end(pod, start, true);
            }
            if (what === 'the Deployment grows and shrinks') world.target.scale(3 * pods);
          } else if (second === 120 && what === 'the Deployment grows and shrinks') world.target.scale(1);
          await canary.second();
          expect(world.status.failed).toBeUndefined();
        }
        expect(canary.isLoaded).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});
