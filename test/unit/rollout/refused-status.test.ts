import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { statusSchema } from '../../../services/shared/model-deployment/status.ts';
import { RolloutWorld } from '../../support/rollout-world.ts';

/** The API server has the CRD of a release that knew neither this count nor this condition. */
const EARLIER_CRD = z.looseObject({
  candidate: statusSchema.shape.candidate
    .unwrap()
    .extend({ samples: z.int().max(50).optional() })
    .optional(),
  conditions: z
    .array(z.looseObject({ type: z.enum(['Available', 'Progressing', 'Degraded', 'ActionDenied']) }))
    .optional(),
});

const denied = (world: RolloutWorld) => world.status.conditions?.find(({ type }) => type === 'ActionDenied');

async function worldInCanary(): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  world.crd = EARLIER_CRD;
  await world.promote('1');
  world.alias = '2';
  return world;
}

describe('a status of which the API server refuses a part', () => {
  test('is stored without the part, so that a bad candidate loses its keys', async () => {
    const world = await worldInCanary();
    world.flaws.set('2', 'errs when deciding');
    await world.until('the refusal', () => world.status.phase === 'RolledBack');
    expect(world.status).toMatchObject({ stable: { version: '1' }, failed: { version: '2' } });
    expect(world.status.candidate).toBeUndefined();
  });

  test('does not hold a good candidate, and a condition tells the part', async () => {
    const world = await worldInCanary();
    await world.until('the condition', () => denied(world)?.status === 'True');
    expect(denied(world)).toMatchObject({
      reason: 'WriteDenied',
      message: expect.stringMatching(/writing the status: left out conditions\.\d+\.type/),
    });
    await world.until('the promotion', () => world.status.stable?.version === '2');
  });

  test('is not written again while nothing else changes, and is whole again with the right CRD', async () => {
    const world = await worldInCanary();
    await world.until('the promotion', () => world.status.stable?.version === '2' && world.settled);
    // The condition has the parts of the write before.
    await world.look();
    await world.look();
    const { writes } = world;
    await world.look();
    expect(world.writes).toBe(writes);
    world.crd = statusSchema;
    await world.look();
    expect(world.status.conditions?.map(({ type }) => type)).toContain('RegistryReachable');
    world.clock.advance(60_000);
    await world.look();
    await world.look();
    expect(denied(world)?.status).toBe('False');
  });
});
