import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RolloutWorld, SPEC } from '../../support/rollout-world.ts';

const FOREIGN = { version: '7', digest: 'sha256:7' };
const MINUTE = 60_000;

function condition(world: RolloutWorld, type = 'PinContested') {
  return world.status.conditions?.find((candidate) => candidate.type === type);
}

async function worldWithStable(pollSeconds = SPEC.registry.pollSeconds): Promise<RolloutWorld> {
  const world = new RolloutWorld({ registry: { ...SPEC.registry, pollSeconds } });
  await world.promote('1');
  return world;
}

/** Another client sets its pin whenever it differs, at its own pace. @returns the times of the operator's pins */
async function fight(world: RolloutWorld, milliseconds: number, pause = 0): Promise<number[]> {
  const end = world.clock.now() + milliseconds;
  const times: number[] = [];
  let pins = world.pins.length;
  let healAt = world.clock.now();
  while (world.clock.now() < end) {
    if (world.currentPin?.version !== FOREIGN.version && world.clock.now() >= healAt) {
      world.target.setPin(FOREIGN, true);
      healAt = world.clock.now() + pause;
    }
    const now = world.clock.now();
    await world.look();
    if (world.pins.length > pins) times.push(now);
    pins = world.pins.length;
    world.clock.advance(200);
  }
  return times;
}

describe('a client that sets the pin again and again', () => {
  test('is answered less and less often, down to every 5 minutes', async () => {
    const world = await worldWithStable();
    const start = world.clock.now();
    const times = await fight(world, 30 * MINUTE);
    const gaps = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 1000);
    expect(times[0]).toBe(start);
    expect(times.length).toBeLessThan(15);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(301);
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
  });

  test('makes a few rollouts of pods in a quarter of a minute, and not one each moment', async () => {
    const world = await worldWithStable();
    expect(await fight(world, 15_000)).toHaveLength(3);
  });

  test('is told by a condition and by one Event', async () => {
    const world = await worldWithStable();
    await fight(world, 10 * MINUTE);
    expect(condition(world)).toMatchObject({ status: 'True', reason: 'PinOverwritten' });
    expect(condition(world)?.message).toContain('another client sets the pin of Deployment inference');
    expect(world.events.filter(({ reason }) => reason === 'PinOverwritten')).toHaveLength(1);
  });

  test('is told if it does so every few minutes only', async () => {
    const world = await worldWithStable();
    await fight(world, 20 * MINUTE, 3 * MINUTE);
    expect(condition(world)?.status).toBe('True');
  });

  test('does not delay a rollback, which is another pin', async () => {
    const world = await worldWithStable();
    await world.promote('2');
    await fight(world, 10 * MINUTE);
    world.flaws.set('2', 'errs in service');
    world.alias = '1';
    const start = world.clock.now();
    await world.until('version 1 is pinned', () => world.currentPin?.version === '1');
    expect(world.clock.now() - start).toBeLessThanOrEqual(60_000);
  });

  test('is forgotten ten minutes after it stopped, even with a long poll interval', async () => {
    const world = await worldWithStable(3_600);
    await fight(world, 2 * MINUTE);
    const start = world.clock.now();
    let over = start;
    world.onStatus = () => {
      over = world.clock.now();
    };
    await world.until('the contest is over', () => condition(world)?.status === 'False' && world.settled);
    expect(over - start).toBeLessThanOrEqual(10 * MINUTE);
    expect(world.currentPin?.version).toBe('1');
    expect(world.events.at(-1)).toMatchObject({ type: 'Normal', reason: 'PinContested' });
    const { writes } = world;
    for (let look = 0; look < 20; look++) await world.step();
    expect(world.writes).toBe(writes);
  });

  test('stays told after a change of the leader', async () => {
    const world = await worldWithStable();
    await fight(world, 2 * MINUTE);
    world.restart();
    await fight(world, MINUTE);
    expect(condition(world)?.status).toBe('True');
    expect(world.events.filter(({ reason }) => reason === 'PinOverwritten')).toHaveLength(1);
  });

  test('never gets more than a few rollouts, at any pace', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 5 * MINUTE }), async (pause) => {
        const world = await worldWithStable();
        expect((await fight(world, 30 * MINUTE, pause)).length).toBeLessThanOrEqual(14);
      }),
      { seed: 20, numRuns: 10 },
    );
  }, 240_000);
});

describe('the pin is set again at once', () => {
  test('if a person changes it now and then', async () => {
    const world = await worldWithStable();
    for (let change = 0; change < 10; change++) {
      world.target.setPin(FOREIGN, true);
      await world.look();
      expect(world.currentPin?.version).toBe('1');
      world.clock.advance(11 * MINUTE);
    }
    expect(condition(world)).toBeUndefined();
  });

  test('if the Deployment is deleted and made anew, whose generation begins at 1', async () => {
    const world = await worldWithStable();
    for (let generation = 0; generation < 5; generation++) world.target.setPin(FOREIGN, true);
    await world.look();
    world.target.recreate();
    await world.look();
    expect(world.currentPin?.version).toBe('1');
  });
});
