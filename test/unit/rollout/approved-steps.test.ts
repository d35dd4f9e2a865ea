import { describe, expect, test } from '@jest/globals';
import { conditionOf } from '../../../operators/rollout/decision/condition-of.ts';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import { specSchema } from '../../../services/shared/model-deployment/spec.ts';
import type { Statement } from '../../../services/shared/statements/statement.ts';
import { digestOf, RolloutWorld, SPEC } from '../../support/rollout-world.ts';
import { signingPerson } from '../../support/signing-person.ts';

const alice = signingPerson('alice');
const training = signingPerson('training');
const mallory = signingPerson('mallory');

/** A world that asks for signatures, and pauses its canary after 10 %. */
function signedWorld(required = 1): RolloutWorld {
  const [first, ...rest] = SPEC.canary?.steps ?? [];
  const spec = specSchema.parse({
    ...SPEC,
    shadow: undefined,
    approval: { required, publicKeys: { configMap: 'promotion-keys' }, automatedKeys: ['training'] },
    canary: { ...SPEC.canary, steps: [{ ...first, pause: {} }, ...rest] },
  });
  const world = new RolloutWorld({ shadow: undefined, approval: spec.approval, canary: spec.canary });
  world.keys = { kind: 'read', keys: [alice.key, training.key], faults: [] };
  return world;
}

function sign(world: RolloutWorld, version: string, change: Partial<Statement>, person = alice): void {
  const { key, value } = person.sign({
    kind: 'promote',
    model: 'loan-eligibility',
    version,
    digest: digestOf(version),
    alias: 'champion',
    actor: 'Ada Example',
    reason: 'looks good',
    at: new Date(world.serverNow()).toISOString(),
    ...change,
  });
  world.registry.tag(version, key, value);
}

async function pausedWorld(required = 1): Promise<RolloutWorld> {
  const world = signedWorld(required);
  sign(world, '1', {});
  await world.promote('1');
  sign(world, '2', {});
  world.alias = '2';
  await world.until('the step waits', () => held(world) === 'AwaitingStepApproval');
  return world;
}

const held = ({ status }: RolloutWorld) => {
  const condition = conditionOf(status, 'Held');
  return condition?.status === 'True' ? condition.reason : undefined;
};
const STEP = { kind: 'approve-step', weightPercent: 10 } as const;

describe('a pause after a canary step', () => {
  test('ends by a signed statement, which is on record', async () => {
    const world = await pausedWorld();
    expect(conditionOf(world.status, 'Held')?.message).toMatch(/approve-step to 2:10, or sign a statement$/);
    sign(world, '2', STEP);
    await world.until('the weight rises', () => world.status.candidate?.weightPercent === 50);
    expect(world.status.candidate?.approvals).toHaveLength(2);
    await world.until('version 2 serves', () => world.status.stable?.version === '2');
    expect(world.status.transitions?.map(({ by }) => by)).toContain('alice (Ada Example)');
  });

  test.each<[string, Partial<Statement>, typeof alice]>([
    ['of a key that nobody trusts', STEP, mallory],
    ['of the training job alone', STEP, training],
    ['about another step', { ...STEP, weightPercent: 50 }, alice],
    ['about another version', { ...STEP, version: '1' }, alice],
    ['about other files', { ...STEP, digest: digestOf('1') }, alice],
    ['from before the rollout', { ...STEP, at: '2025-12-31T00:00:00Z' }, alice],
    ['that only promotes', {}, alice],
  ])('does not end by a statement %s', async (_what, change, person) => {
    const world = await pausedWorld();
    sign(world, '2', change, person);
    for (let step = 0; step < 40; step++) await world.step();
    expect(held(world)).toBe('AwaitingStepApproval');
    expect(world.status.candidate?.weightPercent).toBe(10);
  });

  test('of a version that is tried again needs another statement', async () => {
    const world = await pausedWorld();
    sign(world, '2', STEP);
    await world.until('the weight rises', () => world.status.candidate?.weightPercent === 50);
    world.annotate(REQUEST_ANNOTATIONS.abort, '2');
    await world.until('version 2 is refused', () => world.settled);
    world.clock.advance(60_000);
    world.annotate(REQUEST_ANNOTATIONS.retry, '2-again');
    await world.until('version 2 waits', () => world.status.phase === 'AwaitingApproval');
    sign(world, '2', { reason: 'the complaint was about another system' });
    await world.until('the step waits again', () => held(world) === 'AwaitingStepApproval');
    for (let step = 0; step < 40; step++) await world.step();
    expect(world.status.candidate?.weightPercent).toBe(10);
  });
});

describe('a statement about a step', () => {
  async function expectPaused(world: RolloutWorld): Promise<void> {
    for (let step = 0; step < 40; step++) await world.step();
    expect(held(world)).toBe('AwaitingStepApproval');
    expect(world.status.candidate?.weightPercent).toBe(10);
  }

  test.each([0, 1])('of an earlier try leaves nothing, with %s required keys', async (required) => {
    const world = await pausedWorld(required);
    world.clock.advance(1_000);
    // Nobody needs it, so only the first is used up when version 2 is tried again.
    if (required > 0) sign(world, '2', { reason: 'for another try' });
    world.alias = '1';
    if (required > 0) sign(world, '1', { reason: 'once more' });
    await world.until('it is given up', () => world.status.candidate === undefined);
    world.clock.advance(1_000);
    sign(world, '2', STEP);
    world.clock.advance(3_600_000);
    world.alias = '2';
    await world.until('the step waits again', () => held(world) === 'AwaitingStepApproval');
    await expectPaused(world);
    expect(conditionOf(world.status, 'Held')?.message).toContain('before this canary began');
    sign(world, '2', { ...STEP, reason: 'again' });
    await world.until('the weight rises', () => world.status.candidate?.weightPercent === 50);
  });

  test('counts although the clock of whoever signed the promotion was ahead', async () => {
    const world = signedWorld();
    sign(world, '1', {});
    await world.promote('1');
    sign(world, '2', { at: new Date(world.serverNow() + 290_000).toISOString() });
    world.alias = '2';
    await world.until('the step waits', () => held(world) === 'AwaitingStepApproval');
    sign(world, '2', STEP);
    await world.until('the weight rises', () => world.status.candidate?.weightPercent === 50);
  });

  test('that does not count is named with its fault', async () => {
    const world = await pausedWorld();
    sign(world, '2', { ...STEP, digest: digestOf('1') });
    sign(world, '2', STEP, training);
    await expectPaused(world);
    expect(conditionOf(world.status, 'Held')?.message).toMatch(/is by no person; .* is about the files/);
  });
});

test('an approved version waits in a freeze, and its statement is not used up meanwhile', async () => {
  const world = signedWorld();
  sign(world, '1', {});
  await world.promote('1');
  const at = (seconds: number) => new Date(world.serverNow() + seconds * 1000).toISOString().slice(0, 16);
  world.edit({ windows: { timeZone: 'UTC', freezes: [{ from: at(-60), to: at(900) }] } });
  sign(world, '2', {});
  world.alias = '2';
  await world.until('version 2 waits', () => world.status.phase === 'AwaitingApproval');
  for (let step = 0; step < 20; step++) await world.step();
  expect(held(world)).toBe('Frozen');
  expect(world.status.phase).toBe('AwaitingApproval');
  expect(world.status.usedStatements?.hashes).toHaveLength(1);
  await world.until('the canary begins', () => world.status.candidate?.weightPercent === 10);
  expect(world.status.usedStatements?.hashes).toHaveLength(2);
});
