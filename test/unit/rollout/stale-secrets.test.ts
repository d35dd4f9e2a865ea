import { describe, expect, test } from '@jest/globals';
import { RolloutWorld, SPEC } from '../../support/rollout-world.ts';

const denied = (world: RolloutWorld) => world.status.conditions?.find(({ type }) => type === 'ActionDenied');

/** A world whose servers want credentials, with version 1 in service. */
async function worldWithSecrets(): Promise<RolloutWorld> {
  const { registry, analysis } = SPEC;
  if (analysis === undefined) throw new Error('the spec has no analysis');
  const world = new RolloutWorld({
    registry: { ...registry, credentials: { type: 'bearer', secret: 'mlflow' } },
    analysis: { ...analysis, credentials: { type: 'bearer', secret: 'prometheus' } },
  });
  await world.promote('1');
  return world;
}

describe('the last known values of a Secret', () => {
  test('show as a condition, and a bad candidate is still refused', async () => {
    const world = await worldWithSecrets();
    world.flaws.set('2', 'errs when deciding');
    world.alias = '2';
    await world.until('the canary', () => world.status.phase === 'Canary');
    world.secretTroubles.set('prometheus', 'the operator may not read the Secret prometheus');
    await world.until('the condition', () => denied(world)?.status === 'True');
    expect(denied(world)).toMatchObject({
      reason: 'ReadDenied',
      message: expect.stringContaining('the operator may not read the Secret prometheus'),
    });
    await world.until('the refusal', () => world.status.phase === 'RolledBack');
    expect(world.status.failed).toMatchObject({ version: '2', reason: 'CanaryFailed' });
  });

  test('of Prometheus are no trouble while nothing is measured', async () => {
    const world = await worldWithSecrets();
    world.secretTroubles.set('prometheus', 'the operator may not read the Secret prometheus');
    await world.look();
    expect(denied(world)?.status).not.toBe('True');
  });

  test('of MLflow are a trouble at any time, until the Secret can be read', async () => {
    const world = await worldWithSecrets();
    world.secretTroubles.set('mlflow', 'the Secret mlflow does not exist');
    await world.look();
    expect(denied(world)).toMatchObject({ status: 'True', reason: 'ReadDenied' });
    world.secretTroubles.clear();
    await world.look();
    expect(denied(world)).toMatchObject({ status: 'False', reason: 'AsExpected' });
  });
});
