import { describe, expect, test } from '@jest/globals';
import { RolloutWorld } from '../../support/rollout-world.ts';

const WITHOUT_GATES = { shadow: undefined, canary: undefined, analysis: undefined };

function condition(world: RolloutWorld, type: string) {
  return world.status.conditions?.find((candidate) => candidate.type === type);
}

async function wait(world: RolloutWorld, seconds: number): Promise<void> {
  const end = world.clock.now() + seconds * 1000;
  await world.until(`${seconds} s`, () => world.clock.now() >= end, 10_000);
}

describe('a Deployment that is scaled to 0', () => {
  test.each([
    ['with a canary', { shadow: undefined }, 0],
    ['without a canary', WITHOUT_GATES, 0],
  ])('%s holds the weight, says so, and goes on once a pod runs', async (_what, spec, weightPercent) => {
    const world = new RolloutWorld(spec);
    await world.promote('1');
    world.target.scale(0);
    world.alias = '2';
    await wait(world, 7200);
    expect(world.status).toMatchObject({
      stable: { version: '1' },
      candidate: { version: '2', weightPercent },
    });
    expect(condition(world, 'ScaledToZero')).toMatchObject({ status: 'True', reason: 'ScaledToZero' });
    expect(world.events.map(({ reason }) => reason)).toContain('ScaledToZero');
    world.target.scale(2);
    await world.until('version 2 serves', () => world.settled && world.status.stable?.version === '2');
    expect(condition(world, 'ScaledToZero')?.status).toBe('False');
  });

  test('lets no version become stable, at whatever moment it is scaled', async () => {
    for (const phase of ['Verifying', 'Shadowing', 'Canary', 'Promoting']) {
      const world = new RolloutWorld();
      await world.promote('1');
      world.alias = '2';
      await world.until(phase, () => world.status.phase === phase);
      world.target.scale(0);
      await wait(world, 1800);
      expect(world.status.stable?.version).toBe('1');
      expect(world.status.candidate?.weightPercent ?? 0).toBeLessThanOrEqual(
        phase === 'Promoting' ? 100 : 50,
      );
    }
  });

  test('does not hold a rollback back once it has pods again', async () => {
    const world = new RolloutWorld(WITHOUT_GATES);
    await world.promote('1');
    await world.promote('2');
    world.target.scale(0);
    world.alias = '1';
    await wait(world, 600);
    expect(world.status).toMatchObject({ candidate: { version: '1', weightPercent: 0 } });
    world.target.scale(1);
    await world.until('version 1 serves', () => world.settled && world.status.stable?.version === '1');
  });
});

describe('a version that decided no record in its bake time', () => {
  test('is not proven, and has to pass every gate when the alias comes back to it', async () => {
    const world = new RolloutWorld(WITHOUT_GATES);
    await world.promote('1');
    world.hasDecided = async () => false;
    await world.promote('2');
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '2' } });
    expect(world.status.stable?.soakedAt).toBeUndefined();
    await world.promote('3');
    expect(world.status.history?.[0]).toMatchObject({ version: '2', outcome: 'Interrupted' });
    const phases: unknown[] = [];
    world.onStatus = (_before, { phase }) => phases.push(phase);
    await world.promote('2');
    expect(phases).toContain('Verifying');
  });

  test('is not proven by a query that passes without records', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    const query = world.query.bind(world);
    world.query = async (url, promql) =>
      promql.includes('inference_decisions_total') && world.status.phase === 'Soaking'
        ? []
        : query(url, promql);
    await world.promote('2');
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '2' } });
    expect(world.status.stable?.soakedAt).toBeUndefined();
    expect(world.events.at(-1)?.message).toContain('decided no record');
  });

  test('is proven by the first record', async () => {
    const world = new RolloutWorld(WITHOUT_GATES);
    await world.promote('1');
    expect(world.status.stable?.soakedAt).toBeDefined();
  });
});
