import { describe, expect, test } from '@jest/globals';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import { RolloutWorld, SPEC } from '../../support/rollout-world.ts';

const LOSS_MILLISECONDS = 30_000;
const EDIT_MILLISECONDS = 3_000;
const QUERY_MILLISECONDS = 4_000;

type Edit = (count: number) => Partial<ModelDeploymentSpec>;

const { analysis, canary, registry } = SPEC;

/** Two clients fight over one field, and each measurement takes longer than the time between two edits. */
function fight(world: RolloutWorld, edit: Edit): void {
  let editedAt = world.clock.now();
  let count = 0;
  world.onCall = () => {
    if (world.clock.now() - editedAt < EDIT_MILLISECONDS) return;
    editedAt = world.clock.now();
    world.edit(edit(count++ % 2));
  };
  const query = world.query.bind(world);
  world.query = async (...asked) => {
    await world.clock.sleep(QUERY_MILLISECONDS);
    // The call meets the clients who edit the spec.
    return query(...asked);
  };
}

const EDITS: readonly [string, Edit][] = [
  ['soakSeconds', (count) => ({ soakSeconds: 20 + count })],
  ['the failure limit', (count) => ({ analysis: analysis && { ...analysis, failureLimit: count } })],
  ['the interval', (count) => ({ analysis: analysis && { ...analysis, intervalSeconds: 4 + count } })],
  [
    'the deadline of a step',
    (count) => ({ canary: canary && { ...canary, stepDeadlineSeconds: 600 + count } }),
  ],
  ['pollSeconds', (count) => ({ registry: { ...registry, pollSeconds: 10 + count } })],
];

describe.each(EDITS)('while the spec is edited during each measurement: %s', (_what, edit) => {
  test('a canary that errs loses its keys', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    world.flaws.set('2', 'errs when deciding');
    fight(world, edit);
    const start = world.clock.now();
    await world.until('the refusal', () => world.status.failed?.version === '2');
    expect(world.clock.now() - start).toBeLessThan(LOSS_MILLISECONDS);
  });

  test('a good version passes all the same', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    fight(world, edit);
    world.alias = '2';
    await world.until('version 2 is stable', () => world.settled && world.status.stable?.version === '2');
  });
});

test('a failed measurement does not count against a query that was corrected meanwhile', async () => {
  const world = new RolloutWorld();
  await world.promote('1');
  world.alias = '2';
  await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
  world.flaws.set('2', 'errs when deciding');
  const query = world.query.bind(world);
  world.query = async (...asked) => {
    const samples = await query(...asked);
    if (world.flaws.get('2') === 'errs when deciding') {
      world.flaws.set('2', 'none');
      const [first] = analysis?.queries ?? [];
      world.edit({ analysis: analysis && first && { ...analysis, queries: [{ ...first, max: 0.02 }] } });
    }
    return samples;
  };
  await world.until('a measurement', () => (world.status.candidate?.samples ?? 0) > 0);
  expect(world.status.analysis?.failures).toBe(0);
});
