import { describe, expect, test } from '@jest/globals';
import { withRecordedRefusals } from '../../../operators/rollout/decision/earlier-release.ts';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import type { ModelDeploymentStatus, Revision } from '../../../services/shared/model-deployment/status.ts';
import { ago, rolloutOf } from '../../support/rollout-of.ts';
import { type Flaw, RolloutWorld } from '../../support/rollout-world.ts';

/** A world whose status is as an earlier release left it: without refusals, registries and models. */
async function worldThatRefusedBefore(flaw: Flaw): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  await world.promote('1');
  await world.promote('2', flaw);
  expect(world.status.failed?.version).toBe('2');
  const { refusals: _, stable, failed, history, ...status } = world.status;
  await world.updateStatus(world.modelDeployment(), {
    ...status,
    stable: stable && earlier(stable),
    failed: failed && earlier(failed),
    history: history?.map(earlier),
  });
  return world;
}

function earlier<Entry extends object>(entry: Entry): Entry {
  return { ...entry, registry: undefined, modelCreatedAt: undefined };
}

async function follow(world: RolloutWorld, alias: string): Promise<void> {
  world.alias = alias;
  const read = `alias champion names version ${alias}`;
  const isRead = () => world.status.conditions?.some(({ message }) => message === read);
  await world.until(`alias ${alias} is followed`, () => world.settled && isRead() === true);
}

function candidatesFromNowOn(world: RolloutWorld): Set<string | undefined> {
  const candidates = new Set<string | undefined>();
  world.onStatus = (_before, { candidate }) => candidates.add(candidate?.version);
  return candidates;
}

describe('a version that an earlier release refused', () => {
  test.each<Flaw>(['errs when deciding', 'errs in service'])(
    'stays refused when the alias moves away and back (%s)',
    async (flaw) => {
      const world = await worldThatRefusedBefore(flaw);
      const loaded = candidatesFromNowOn(world);
      await follow(world, '1');
      expect(world.status.failed).toBeUndefined();
      await follow(world, '2');
      expect(world.status).toMatchObject({ phase: 'RolledBack', failed: { version: '2' } });
      expect(loaded).not.toContain('2');
    },
  );

  test('stays refused if the alias had moved away before the upgrade', async () => {
    const world = await worldThatRefusedBefore('errs in service');
    await world.updateStatus(world.modelDeployment(), {
      ...world.status,
      phase: 'Stable',
      failed: undefined,
    });
    const loaded = candidatesFromNowOn(world);
    await follow(world, '2');
    expect(world.status.failed).toMatchObject({ version: '2', reason: 'SoakFailed' });
    expect(loaded).not.toContain('2');
  });

  test('is tried again if the retry annotation names it', async () => {
    const world = await worldThatRefusedBefore('errs when deciding');
    await follow(world, '1');
    world.flaws.set('2', 'none');
    world.annotate(REQUEST_ANNOTATIONS.retry, '2');
    await follow(world, '2');
    expect(world.status.stable?.version).toBe('2');
  });

  test('is recorded once, and nothing is written at rest', async () => {
    const world = await worldThatRefusedBefore('errs when deciding');
    await world.until('the record', () => world.status.refusals !== undefined);
    expect(world.status.refusals).toMatchObject([{ version: '2', reason: 'CanaryFailed' }]);
    const { writes } = world;
    for (let look = 0; look < 20; look++) await world.step();
    expect(world.writes).toBe(writes);
  });
});

describe('the history of an earlier release', () => {
  const revision = (version: string, outcome: Revision['outcome']): Revision => ({
    version,
    runId: 'r',
    digest: `sha256:${version}`,
    since: ago(100),
    until: ago(50),
    outcome,
  });
  const stable = { version: '1', runId: 'r', digest: 'sha256:1', since: ago(40) };
  const refused = (status: ModelDeploymentStatus, retry?: string) =>
    withRecordedRefusals(rolloutOf({ status, retry })).status.refusals?.map(({ version }) => version);

  test('gives a refusal for each version whose last verdict is a failure', () => {
    const history = [
      revision('4', 'Interrupted'),
      revision('4', 'Failed'),
      revision('3', 'Served'),
      revision('3', 'Failed'),
      revision('2', 'Failed'),
      revision('2', 'Failed'),
    ];
    expect(refused({ stable, history })).toEqual(['4', '2']);
  });

  test('gives none for the version that serves or is tried again', () => {
    const history = [revision('2', 'Failed'), revision('1', 'Failed')];
    const candidate = { version: '2', since: ago(10) };
    expect(refused({ stable, candidate, history })).toBeUndefined();
  });

  test('gives a refusal that only a new value of the annotation lifts', () => {
    const status = { stable, history: [revision('2', 'Failed')] };
    const { refusals } = withRecordedRefusals(rolloutOf({ status, retry: '2' })).status;
    expect(refusals).toMatchObject([{ version: '2', reason: 'SoakFailed', retry: '2', at: ago(50) }]);
  });

  test('is not read again once there are refusals', () => {
    const status = { stable, history: [revision('2', 'Failed')], refusals: [] };
    const rollout = rolloutOf({ status });
    expect(withRecordedRefusals(rollout)).toBe(rollout);
  });
});
