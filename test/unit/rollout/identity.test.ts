import { describe, expect, test } from '@jest/globals';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { digestOf, RolloutWorld, SPEC } from '../../support/rollout-world.ts';

const OTHER = 'http://other:5000';

async function worldWithStable(): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  await world.promote('1');
  return world;
}

function move(world: RolloutWorld): void {
  world.edit({ registry: { ...SPEC.registry, url: OTHER } });
}

function phasesFromNowOn(world: RolloutWorld): Set<string | undefined> {
  const phases = new Set<string | undefined>();
  world.onStatus = (_before, { phase }) => phases.add(phase);
  return phases;
}

describe('the number of the stable version in another registry', () => {
  test('is verified, and refused if it names other files', async () => {
    const world = await worldWithStable();
    const { pins } = world;
    const before = pins.length;
    move(world);
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({
      phase: 'RolledBack',
      stable: { version: '1', digest: digestOf('1'), registry: 'http://mlflow:5000' },
      failed: { version: '1', reason: 'VersionNumberReused', registry: OTHER },
    });
    expect(pins).toHaveLength(before);
  });

  test('changes only the record of the stable version if it names the same files', async () => {
    const world = await worldWithStable();
    world.registry.digestOf = (version) => digestOf(version);
    const { stable } = world.status;
    move(world);
    await world.until('the new record', () => world.status.stable?.registry === OTHER);
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { ...stable, registry: OTHER } });
    expect(world.pins).toHaveLength(1);
    await world.until('all is recorded', () => world.isRecorded);
    const { writes } = world;
    for (let look = 0; look < 20; look++) await world.step();
    expect(world.writes).toBe(writes);
  });

  test('is no longer refused once the registry moves back', async () => {
    const world = await worldWithStable();
    move(world);
    await world.until('the refusal', () => world.status.failed !== undefined);
    world.edit({ registry: SPEC.registry });
    await world.until('the end', () => world.status.phase === 'Stable');
    expect(world.status).toMatchObject({ stable: { version: '1' } });
    expect(world.status.failed).toBeUndefined();
  });
});

describe('a version that served well, in another registry', () => {
  /** Moves the registry, where version 1 has the digest, and then the alias from version 2 to version 1. */
  async function rollBack(world: RolloutWorld, digest: string): Promise<Set<string | undefined>> {
    world.registry.digestOf = (version) => (version === '1' ? digest : digestOf(version));
    move(world);
    await world.until('the new record', () => world.status.stable?.registry === OTHER);
    await world.until('all is recorded', () => world.isRecorded);
    const phases = phasesFromNowOn(world);
    world.alias = '1';
    await world.until('a verdict', () => world.settled);
    return phases;
  }

  test('is promoted at once after its verification, if it has the same files', async () => {
    const world = await worldWithStable();
    await world.promote('2');
    const phases = await rollBack(world, digestOf('1'));
    expect([...phases]).toEqual(['Verifying', 'Promoting', 'Soaking', 'Stable']);
    expect(world.status.stable).toMatchObject({ version: '1', registry: OTHER });
  });

  test('passes all gates if its number names other files', async () => {
    const world = await worldWithStable();
    await world.promote('2');
    const phases = await rollBack(world, 'sha256:other');
    expect([...phases]).toEqual(expect.arrayContaining(['Shadowing', 'Canary']));
  });

  test('stays refused if it was refused since, and passes all gates if it is tried again', async () => {
    const world = await worldWithStable();
    await world.promote('2');
    await world.promote('1', 'errs in service');
    await world.promote('2');
    world.flaws.set('1', 'none');
    const phases = await rollBack(world, digestOf('1'));
    expect(world.status.failed).toMatchObject({ version: '1', reason: 'SoakFailed' });
    expect([...phases]).not.toContain('Promoting');
    world.annotate(REQUEST_ANNOTATIONS.retry, '1');
    await world.until('version 1 serves', () => world.settled && world.status.stable?.version === '1');
    expect([...phases]).toEqual(expect.arrayContaining(['Shadowing', 'Canary']));
  });
});

test('a model that was deleted and made anew has other versions under the same numbers', async () => {
  const world = await worldWithStable();
  await world.promote('2');
  world.registry.remake('http://mlflow:5000');
  const phases = phasesFromNowOn(world);
  world.alias = '1';
  await world.until('a verdict', () => world.settled && world.status.failed?.version === '1');
  expect([...phases]).toContain('Verifying');
  expect([...phases]).not.toContain('Promoting');
});

describe('a first version that failed its bake time', () => {
  async function worldWithBadFirst(): Promise<RolloutWorld> {
    const world = new RolloutWorld();
    await world.promote('1', 'errs in service');
    expect(world.status.failed?.reason).toBe('SoakFailed');
    return world;
  }

  test('is verified and watched again when it is tried again', async () => {
    const world = await worldWithBadFirst();
    const phases = phasesFromNowOn(world);
    const before = world.status.stable?.since ?? '';
    world.flaws.set('1', 'none');
    world.annotate(REQUEST_ANNOTATIONS.retry, '1');
    await world.until('the end', () => world.settled && world.status.failed === undefined);
    expect([...phases]).toEqual(['Verifying', 'Soaking', 'Stable']);
    expect(Date.parse(world.status.stable?.since ?? '')).toBeGreaterThan(Date.parse(before));
    expect(world.status.stable?.soakedAt).toBeDefined();
    expect(world.pins).toHaveLength(1);
  });

  test.each(['errs in service', 'refused by verification'] as const)(
    'stays degraded if it %s again',
    async (flaw) => {
      const world = await worldWithBadFirst();
      world.flaws.set('1', flaw);
      world.annotate(REQUEST_ANNOTATIONS.retry, '1');
      await world.until('it is tried', () => world.status.phase === 'Verifying');
      await world.until('the end', () => world.settled);
      expect(world.status).toMatchObject({
        phase: 'Stable',
        stable: { version: '1' },
        failed: { version: '1' },
      });
      const degraded = world.status.conditions?.find(({ type }) => type === 'Degraded');
      expect(degraded?.status).toBe('True');
      expect(world.currentPin?.version).toBe('1');
    },
  );

  test('is still shown as failed when the alias comes back to it', async () => {
    const world = await worldWithBadFirst();
    await world.promote('2', 'flips decisions');
    world.alias = '1';
    await world.until('the alias is followed', () => world.status.failed?.version === '1');
    expect(world.status.failed?.reason).toBe('SoakFailed');
  });
});

test('a status of an earlier release goes on without a rollout, and learns where the version comes from', async () => {
  const world = await worldWithStable();
  await world.promote('2', 'flips decisions');
  const { stable, failed, refusals: _, history, ...rest } = world.status;
  const plain = { version: '1', runId: stable?.runId, digest: stable?.digest, since: stable?.since };
  const old = {
    ...rest,
    stable: { ...plain, soakedAt: stable?.soakedAt },
    failed: { version: '2', reason: failed?.reason, message: failed?.message, at: failed?.at },
    history,
  } as ModelDeploymentStatus;
  await world.updateStatus(world.modelDeployment(), old);
  const phases = phasesFromNowOn(world);
  for (let look = 0; look < 20; look++) await world.step();
  expect(world.status).toMatchObject({ phase: 'RolledBack', stable: plain, failed: { version: '2' } });
  world.alias = '1';
  await world.until('the record', () => world.status.stable?.registry !== undefined);
  expect([...phases]).not.toContain('Verifying');
  expect(world.pins).toHaveLength(1);
});
