import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { conditionOf } from '../../../operators/rollout/decision/condition-of.ts';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import { specSchema } from '../../../services/shared/model-deployment/spec.ts';
import type { Statement } from '../../../services/shared/statements/statement.ts';
import { digestOf, RolloutWorld, SPEC } from '../../support/rollout-world.ts';
import { signingPerson } from '../../support/signing-person.ts';

const alice = signingPerson('alice');
const bob = signingPerson('bob', 'ed25519');
const training = signingPerson('training', 'p384');
const mallory = signingPerson('mallory');

type Approval = Partial<NonNullable<typeof SPEC.approval>>;

let world: RolloutWorld;

beforeEach(() => {
  world = worldWith({});
});

function approvalWith(approval: Approval): typeof SPEC.approval {
  const publicKeys = { configMap: 'promotion-keys' };
  return specSchema.parse({ ...SPEC, approval: { publicKeys, automatedKeys: ['training'], ...approval } })
    .approval;
}

function worldWith(approval: Approval): RolloutWorld {
  const made = new RolloutWorld({ approval: approvalWith(approval) });
  made.keys = { kind: 'read', keys: [alice.key, bob.key, training.key], faults: [] };
  return made;
}

/** A statement of now about the version, with changes. */
function statementOf(version: string, change: Partial<Statement> = {}): Statement {
  return {
    kind: 'promote',
    model: 'loan-eligibility',
    version,
    digest: digestOf(version),
    alias: 'champion',
    actor: 'Ada Example',
    reason: 'better on the holdout set',
    at: new Date(world.serverNow()).toISOString(),
    ...change,
  };
}

function hashOf(value: string): string {
  const payload = Buffer.from(JSON.parse(value).payload, 'base64');
  return `sha256:${createHash('sha256').update(payload).digest('hex')}`;
}

function sign(version: string, person = alice, change: Partial<Statement> = {}): void {
  const { key, value } = person.sign(statementOf(version, change));
  world.registry.tag(version, key, value);
}

const approved = () => conditionOf(world.status, 'Approved');

function trust(...people: readonly (typeof alice)[]): void {
  const keys = people.map(({ key }) => key);
  world.keys =
    keys.length > 0 ? { kind: 'read', keys, faults: [] } : { kind: 'unreadable', message: 'no ConfigMap' };
}

function holdSteps(minimumDurationSeconds: number): void {
  const steps = SPEC.canary?.steps.map((step) => ({ ...step, minimumDurationSeconds }));
  world.edit({ canary: specSchema.parse({ ...SPEC, canary: { ...SPEC.canary, steps } }).canary });
}

/** Steps until the version waits, and then for a while. It must still wait. */
async function expectHeld(version: string): Promise<void> {
  await world.until(`version ${version} waits`, () => waits(version));
  for (let step = 0; step < 30; step++) await world.step();
  expect(waits(version)).toBe(true);
  expect(world.status.candidate).not.toHaveProperty('mode');
  expect(world.currentPin?.version).not.toBe(version);
}

function waits(version: string): boolean {
  return world.status.phase === 'AwaitingApproval' && world.status.candidate?.version === version;
}

async function serve(version: string): Promise<void> {
  sign(version);
  await world.promote(version);
  expect(world.status.stable?.version).toBe(version);
}

describe('a version without what spec.approval asks for', () => {
  test('waits after its verification, also the first version ever', async () => {
    world.alias = '1';
    await expectHeld('1');
    expect(world.verified).toContain('1');
    expect(approved()).toMatchObject({ status: 'False', reason: 'Unsigned' });
    expect(approved()?.message).toBe(`version 1 (${digestOf('1')}) needs a statement by 1 key, and has none`);
    expect(world.events).toContainEqual({
      type: 'Warning',
      reason: 'Unsigned',
      message: approved()?.message,
    });
  });

  test.each<[string, string, () => void]>([
    ['is signed by a key that nobody trusts', 'UntrustedKey', () => sign('1', mallory)],
    ['has another digest', 'StatementMismatch', () => sign('1', alice, { digest: digestOf('2') })],
    ['has another version', 'StatementMismatch', () => sign('1', alice, { version: '2' })],
    ['has another model', 'StatementMismatch', () => sign('1', alice, { model: 'other' })],
    ['has another alias', 'StatementMismatch', () => sign('1', alice, { alias: 'challenger' })],
    ['is older than a week', 'StatementExpired', () => sign('1', alice, { at: '2020-01-01T00:00:00Z' })],
    ['is of next year', 'StatementFromTheFuture', () => sign('1', alice, { at: '2100-01-01T00:00:00Z' })],
    ['is no envelope', 'StatementMalformed', () => world.registry.tag('1', 'statement.a', 'promote it')],
    ['is by the training job alone', 'OnlyAutomatedKeys', () => sign('1', training)],
  ])('waits while its only statement %s: %s', async (_what, reason, state) => {
    state();
    world.alias = '1';
    await expectHeld('1');
    expect(approved()).toMatchObject({ status: 'False', reason });
  });

  test('waits while a statement was changed after it was signed', async () => {
    const { key, value } = alice.sign(statementOf('1', { version: '2' }));
    const envelope = JSON.parse(value);
    const payload = Buffer.from(envelope.payload, 'base64')
      .toString()
      .replace('"version":"2"', '"version":"1"');
    const forged = { ...envelope, payload: Buffer.from(payload).toString('base64') };
    world.registry.tag('1', key, JSON.stringify(forged));
    world.alias = '1';
    await expectHeld('1');
    expect(approved()?.reason).toBe('UntrustedKey');
  });

  test('waits while one of two has signed, and is promoted when the second has', async () => {
    world = worldWith({ required: 2 });
    sign('1');
    sign('1', alice, { reason: 'said twice' });
    world.alias = '1';
    await expectHeld('1');
    expect(approved()).toMatchObject({ status: 'False', reason: 'ApprovalIncomplete' });
    expect(approved()?.message).toContain(
      'needs statements by 2 different keys, and has alice (Ada Example)',
    );
    sign('1', bob, { actor: 'Bob Sample' });
    await world.promote('1');
    expect(world.status.stable?.approvals?.map(({ keys, actor }) => [keys, actor])).toEqual([
      [['alice'], 'Ada Example'],
      [['bob'], 'Bob Sample'],
    ]);
  });

  test('waits while the keys cannot be read, and while MLflow does not give the tags', async () => {
    sign('1');
    world.keys = { kind: 'unreadable', message: 'the ConfigMap promotion-keys does not exist' };
    world.alias = '1';
    await expectHeld('1');
    expect(approved()).toMatchObject({ status: 'False', reason: 'KeysUnreadable' });
    world.registryDown = true;
    world.keys = { kind: 'read', keys: [alice.key, training.key], faults: [] };
    await expectHeld('1');
    world.registryDown = false;
    await world.promote('1');
    expect(world.status.stable?.version).toBe('1');
  });

  test.each(['training.pem', 'Training'])(
    'waits while automatedKeys has %s, which is no key: training alone must not promote',
    async (name) => {
      world = worldWith({ automatedKeys: [name] });
      sign('1', training);
      world.alias = '1';
      await expectHeld('1');
      expect(approved()).toMatchObject({ status: 'False', reason: 'KeysUnreadable' });
      expect(approved()?.message).toContain(
        `automatedKeys names ${name}, and the ConfigMap promotion-keys has no such key; its keys are alice`,
      );
      world.edit({ approval: approvalWith({}) });
      await world.until('training does not suffice', () => approved()?.reason === 'OnlyAutomatedKeys');
      sign('1', alice);
      await world.promote('1');
      expect(world.status.stable?.version).toBe('1');
    },
  );

  test('goes on once the spec asks for nothing any more', async () => {
    world.alias = '1';
    await expectHeld('1');
    world.edit({ approval: undefined });
    await world.promote('1');
    expect(world.status.stable?.version).toBe('1');
    expect(approved()).toMatchObject({ status: 'True', reason: 'ApprovalNotRequired' });
  });
});

describe('the bake time of the stable version', () => {
  /** Version 2 is in its bake time, and version 3 waits. */
  async function waitInTheBakeTime(): Promise<void> {
    await serve('1');
    sign('2');
    world.alias = '2';
    await world.until('the bake time of 2', () => world.status.phase === 'Soaking');
    await world.step();
    world.alias = '3';
    await world.until('version 3 waits', () => waits('3'));
    expect(world.status.stable).toMatchObject({ version: '2' });
    expect(world.status.stable?.soakedAt).toBeUndefined();
  }

  test('ends well while another version waits', async () => {
    await waitInTheBakeTime();
    await world.until('the end', () => world.status.stable?.soakedAt !== undefined);
    expect(waits('3')).toBe(true);
    // The record of the end is acknowledged by a write of its own.
    await world.step();
    const writes = world.writes;
    for (let step = 0; step < 20; step++) await world.step();
    expect(world.writes).toBe(writes);
    expect(world.events).toContainEqual(
      expect.objectContaining({ reason: 'Stable', message: 'version 2 passed its bake time' }),
    );
  });

  test('restores the last good version while another version waits', async () => {
    await waitInTheBakeTime();
    world.flaws.set('2', 'errs in service');
    await world.until('version 1 is restored', () => world.status.stable?.version === '1');
    await expectHeld('3');
    expect(world.currentPin?.version).toBe('1');
    expect(world.status.refusals?.[0]).toMatchObject({ version: '2', reason: 'SoakFailed' });
  });

  test('restores the last good version although that version waits for another approval', async () => {
    await waitInTheBakeTime();
    world.flaws.set('2', 'errs in service');
    world.alias = '1';
    await world.until('version 1 waits', () => waits('1'));
    await world.until('version 1 is restored', () => world.status.stable?.version === '1');
    await world.until('all is done', () => world.settled);
    expect(world.currentPin?.version).toBe('1');
  });
});

test('while a version waits, the stable version decides in pods that another client pins to a refused one', async () => {
  world.watchesCluster = true;
  await serve('1');
  sign('2');
  await world.promote('2', 'errs when deciding');
  world.alias = '3';
  await world.until('version 3 waits', () => waits('3'));
  world.target.foreignPin = { pin: { version: '2', digest: digestOf('2') } };
  const rescued = () =>
    world.status.candidate?.version === '1' && world.status.candidate.weightPercent === 100;
  await world.until('version 1 is the candidate at weight 100', rescued);
  world.target.foreignPin = undefined;
  await world.until('version 3 waits again', () => waits('3'));
  sign('3', bob);
  await world.promote('3');
  expect(world.status.stable?.version).toBe('3');
});

describe('an approved version', () => {
  test('goes on without a pause, and its status and history name the signers', async () => {
    await serve('1');
    await serve('2');
    const by = { keys: ['alice'], actor: 'Ada Example', reason: 'better on the holdout set' };
    expect(world.status.stable?.approvals).toMatchObject([by]);
    expect(world.status.history?.[0]?.approvals).toMatchObject([by]);
    expect(world.events.filter(({ reason }) => reason === 'Approved')).toHaveLength(2);
    expect(approved()).toMatchObject({ status: 'True', reason: 'Approved' });
    expect(approved()?.message).toBe(
      'version 2 was approved by alice (Ada Example): better on the holdout set',
    );
  });

  test('needs nobody while required is 0, but what was signed is recorded', async () => {
    world = worldWith({ required: 0 });
    await world.promote('1');
    expect(world.status.stable).not.toHaveProperty('approvals');
    expect(approved()).toMatchObject({ status: 'Unknown', reason: 'NotAsked' });
    await serve('2');
    expect(world.status.stable?.approvals).toHaveLength(1);
  });

  test('stays approved for its whole rollout, although the statement expires', async () => {
    world = worldWith({ expiresAfterSeconds: 60 });
    await serve('1');
    expect(world.status.stable?.soakedAt).toBeDefined();
  });
});

describe('a statement that let a version go on', () => {
  test('brings the version back only once: going back by alias needs another statement', async () => {
    await serve('1');
    await serve('2');
    world.alias = '1';
    await expectHeld('1');
    expect(approved()).toMatchObject({ status: 'False', reason: 'StatementReplayed' });
    sign('1', bob);
    await world.promote('1');
    expect(world.status.stable?.version).toBe('1');
  });

  test('does not start a rollout again that was given up', async () => {
    await serve('1');
    sign('2');
    world.alias = '2';
    await world.until('version 2 is in shadow', () => world.status.phase === 'Shadowing');
    world.alias = '1';
    await world.until('version 2 is given up', () => world.status.candidate === undefined);
    world.alias = '2';
    await expectHeld('2');
    expect(approved()?.reason).toBe('StatementReplayed');
  });

  test('does not try a refused version again', async () => {
    await serve('1');
    sign('2');
    await world.promote('2', 'errs when deciding');
    expect(world.status.failed?.reason).toBe('CanaryFailed');
    world.flaws.delete('2');
    world.annotate('serving.loan-eligibility.dev/retry', '2');
    await expectHeld('2');
    expect(approved()?.reason).toBe('StatementReplayed');
    sign('2', bob);
    await world.promote('2');
    expect(world.status.stable?.version).toBe('2');
  });

  test('stays used up in another process', async () => {
    await serve('1');
    await serve('2');
    world.restart();
    world.alias = '1';
    await expectHeld('1');
    expect(approved()?.reason).toBe('StatementReplayed');
  });

  test('stays used up if the object is made anew and adopts what serves', async () => {
    await serve('1');
    await serve('2');
    world.deleteObject();
    world.recreateObject();
    await world.until('version 2 is adopted', () => world.status.stable?.version === '2');
    world.alias = '1';
    await expectHeld('1');
    expect(approved()?.reason).toBe('StatementReplayed');
  });

  test('counts no longer if nobody needed it before the version was replaced', async () => {
    await serve('1');
    sign('1', bob);
    world.clock.advance(60_000);
    await serve('2');
    world.alias = '1';
    await expectHeld('1');
    expect(approved()?.reason).toBe('StatementReplayed');
  });

  test('counts no longer if nobody needed it, however many versions served since', async () => {
    world = worldWith({ expiresAfterSeconds: 31_536_000 });
    world.edit({ shadow: undefined, canary: undefined, soakSeconds: 0 });
    await serve('1');
    world.clock.advance(60_000);
    sign('1', bob);
    await serve('2');
    for (let later = 3; later <= 14; later++) {
      world.clock.advance(60_000);
      await serve(String(later));
    }
    world.alias = '1';
    await expectHeld('1');
    expect(approved()?.reason).toBe('StatementReplayed');
    sign('1', bob, { reason: 'it was the best' });
    await world.promote('1');
    expect(world.status.stable?.version).toBe('1');
  });

  test('counts no longer if the model was made anew with the same files', async () => {
    await serve('1');
    world.clock.advance(60_000);
    sign('1', bob);
    await serve('2');
    world.registry.remake(SPEC.registry.url);
    world.registry.digestOf = (version) => digestOf(version);
    world.alias = '1';
    await expectHeld('1');
    expect(approved()?.reason).toBe('StatementReplayed');
  });

  test('stays used up if the object is made anew without spec.approval, and gets it later', async () => {
    await serve('1');
    await serve('2');
    const { approval } = world.modelDeployment().spec;
    world.edit({ approval: undefined });
    world.deleteObject();
    world.recreateObject();
    await world.until('version 2 is adopted', () => world.settled);
    world.edit({ approval });
    world.alias = '1';
    await expectHeld('1');
    expect(approved()?.reason).toBe('StatementReplayed');
  });

  test('stays used up if the object is made anew while no pod is available', async () => {
    await serve('1');
    await serve('2');
    world.deleteObject();
    for (const pod of world.simulatedPods) pod.readyAt = world.serverNow() + 1_000;
    world.recreateObject();
    world.alias = '1';
    await expectHeld('1');
    expect(approved()?.reason).toBe('StatementReplayed');
  });
});

describe('a rejection', () => {
  test.each([
    ['while the version waits', 'AwaitingApproval'],
    ['in shadow', 'Shadowing'],
    ['in a canary', 'Canary'],
  ] as const)('refuses %s, and stays', async (_when, phase) => {
    await serve('1');
    if (phase !== 'AwaitingApproval') sign('2');
    world.alias = '2';
    await world.until(`phase ${phase}`, () => world.status.phase === phase);
    world.clock.advance(1_000);
    sign('2', bob, { kind: 'reject', actor: 'Bob Sample', reason: 'unfair to the young' });
    await world.promote('2');
    expect(world.status.failed).toMatchObject({ version: '2', reason: 'PromotionRejected' });
    expect(world.status.failed?.message).toContain('bob (Bob Sample) rejected the version');
    expect(world.status.failed?.message).toContain('unfair to the young');
    expect(world.status.stable?.version).toBe('1');
    world.registry.tags.delete('2');
    sign('2');
    world.alias = '1';
    await world.promote('1');
    await world.promote('2');
    expect(world.status.failed?.version).toBe('2');
  });

  test('counts more than any number of approvals', async () => {
    sign('1');
    sign('1', bob);
    sign('1', training, { kind: 'reject' });
    await world.promote('1');
    expect(world.status.failed?.reason).toBe('PromotionRejected');
    expect(world.currentPin).toBeUndefined();
  });

  test('is read however many other tags look like statements', async () => {
    world = worldWith({ required: 2 });
    for (const [place, person] of [alice, bob].entries()) {
      const { value } = person.sign(statementOf('1'));
      for (let copy = 0; copy < 60; copy++) world.registry.tag('1', `statement.0${place}${copy}`, value);
    }
    for (let junk = 0; junk < 60; junk++) world.registry.tag('1', `statement.1${junk}`, `junk ${junk}`);
    const { value } = training.sign(statementOf('1', { kind: 'reject' }));
    world.registry.tag('1', 'statement.f', value);
    await world.promote('1');
    expect(world.status.failed?.reason).toBe('PromotionRejected');
  });

  /** More signatures by a stranger than are verified. Somebody could hide a rejection behind them. */
  function flood(version: string): void {
    for (let junk = 0; junk < 90; junk++) sign(version, mallory, { reason: `junk ${junk}` });
  }

  test('may be among tags that are too many to be read, so the version waits until they are gone', async () => {
    flood('1');
    sign('1');
    world.alias = '1';
    await expectHeld('1');
    expect(approved()).toMatchObject({ status: 'False', reason: 'StatementsUnreadable' });
    expect(approved()?.message).toContain('24 tags that could be statements are too many');
    world.registry.tags.delete('1');
    sign('1', bob);
    await world.promote('1');
    expect(world.status.stable?.version).toBe('1');
  });

  test('may be among too many tags, so that a canary under way gets no more keys', async () => {
    holdSteps(60);
    await serve('1');
    sign('2');
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    flood('2');
    await world.until('it is held', () => conditionOf(world.status, 'Held')?.reason === 'StatementsUnread');
    for (let step = 0; step < 20; step++) await world.step();
    expect(world.status.candidate?.weightPercent).toBe(10);
    world.registry.tags.delete('2');
    await world.until('version 2 serves', () => world.status.stable?.version === '2');
  });

  test.each<[string, () => void, () => void]>([
    ['the keys cannot be read', () => trust(), () => trust(alice, bob, training)],
    [
      'MLflow does not give the tags',
      () => {
        world.registry.givesTags = false;
      },
      () => {
        world.registry.givesTags = true;
      },
    ],
  ])('may be unread while %s, so that a canary under way gets no more keys', async (_what, begin, end) => {
    holdSteps(60);
    await serve('1');
    sign('2');
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    begin();
    sign('2', bob, { kind: 'reject' });
    await world.until('it is held', () => conditionOf(world.status, 'Held')?.reason === 'StatementsUnread');
    for (let step = 0; step < 30; step++) await world.step();
    expect(world.status.candidate?.weightPercent).toBe(10);
    end();
    await world.until('it is refused', () => world.status.failed?.reason === 'PromotionRejected');
  });

  test('counts although the same key approved before, with a clock that was ahead', async () => {
    world = worldWith({ required: 2 });
    sign('1', alice, { at: new Date(world.serverNow() + 240_000).toISOString() });
    sign('1', alice, { kind: 'reject', reason: 'I was wrong' });
    sign('1', bob);
    await world.promote('1');
    expect(world.status.failed?.reason).toBe('PromotionRejected');
  });

  test('counts whatever digest somebody wrote into the tags when it was signed', async () => {
    sign('1', alice);
    sign('1', bob, { kind: 'reject', digest: digestOf('9') });
    await world.promote('1');
    expect(world.status.failed?.reason).toBe('PromotionRejected');
  });

  test('by a key that nobody trusts says nothing', async () => {
    sign('1', mallory, { kind: 'reject' });
    await serve('1');
  });

  test.each([
    ['a clock that is right', 0],
    ['a clock years ahead', 10 * 31_536_000_000],
    ['a clock years behind', -10 * 31_536_000_000],
  ])(
    'by %s is taken back by an approval with the same key that names it, and a retry',
    async (_clock, ahead) => {
      const at = new Date(world.serverNow() + ahead).toISOString();
      const rejection = bob.sign(statementOf('1', { kind: 'reject', at })).value;
      world.registry.tag('1', 'statement.rejection', rejection);
      await world.promote('1');
      expect(world.status.failed?.reason).toBe('PromotionRejected');
      world.clock.advance(60_000);
      sign('1', alice);
      world.annotate('serving.loan-eligibility.dev/retry', '1-a');
      await world.until('it is refused again', () => world.status.failed?.retry === '1-a');
      expect(world.status.failed?.reason).toBe('PromotionRejected');
      sign('1', bob, { reason: 'another reason' });
      world.annotate('serving.loan-eligibility.dev/retry', '1-b');
      await world.until('it is refused once more', () => world.status.failed?.retry === '1-b');
      const takesBack = [hashOf(rejection)];
      sign('1', alice, { takesBack, reason: 'not mine to take back' });
      world.annotate('serving.loan-eligibility.dev/retry', '1-c');
      await world.until('it is refused still', () => world.status.failed?.retry === '1-c');
      world.clock.advance(60_000);
      sign('1', bob, { takesBack });
      world.annotate('serving.loan-eligibility.dev/retry', '1-d');
      await world.until('version 1 serves', () => world.status.stable?.version === '1');
    },
  );
});

describe('break glass', () => {
  test('brings a former version back without a statement, and drops a version that waits', async () => {
    await serve('1');
    await serve('2');
    world.alias = '3';
    await expectHeld('3');
    world.edit({ pin: { version: '1', digest: digestOf('1'), reason: 'unfair' } });
    await world.until('version 1 serves', () => world.status.stable?.version === '1');
    await world.until('its pods are pinned', () => world.currentPin?.version === '1');
    expect(world.status.stable?.approvals).toMatchObject([{ keys: ['alice'] }]);
    expect(world.status.candidate?.version).not.toBe('3');
  });

  test('needs neither keys nor MLflow', async () => {
    await serve('1');
    await serve('2');
    world.keys = { kind: 'unreadable', message: 'gone' };
    world.registryDown = true;
    world.annotate('serving.loan-eligibility.dev/rollback', 'previous');
    await world.until('version 1 serves', () => world.status.stable?.version === '1');
  });

  test('does not let the version that was left come back by its old statement', async () => {
    await serve('1');
    await serve('2');
    world.annotate('serving.loan-eligibility.dev/rollback', 'previous');
    await world.until('version 1 serves', () => world.status.stable?.version === '1');
    world.annotate('serving.loan-eligibility.dev/retry', '2');
    await expectHeld('2');
    expect(approved()?.reason).toBe('StatementReplayed');
  });
});

describe('a key that is taken out', () => {
  /** Version 1 served, and version 2 serves. Alice has signed version 1 again, and something holds it. */
  async function heldVersion(): Promise<void> {
    await serve('1');
    world.clock.advance(60_000);
    await serve('2');
    world.clock.advance(60_000);
    world.annotate(REQUEST_ANNOTATIONS.pause, 'not yet');
    sign('1', alice, { reason: 'again' });
    world.alias = '1';
    for (let step = 0; step < 20; step++) await world.step();
    expect(waits('1')).toBe(true);
  }

  test('does not let a version go on that was read with it before, when that version is wanted again', async () => {
    await heldVersion();
    world.alias = '2';
    for (let step = 0; step < 20; step++) await world.step();
    trust(bob, training);
    world.mark({ annotations: {} });
    for (let step = 0; step < 20; step++) await world.step();
    world.alias = '1';
    await expectHeld('1');
    expect(approved()?.reason).toBe('UntrustedKey');
  });

  test('does not let a version go on when a rollout that was suspended meanwhile resumes', async () => {
    await heldVersion();
    world.edit({ suspend: true });
    for (let step = 0; step < 5; step++) await world.step();
    trust(bob, training);
    world.mark({ annotations: {} });
    for (let step = 0; step < 5; step++) await world.step();
    // The answer with the alias comes before the answer with the tags.
    const readTags = world.readTags.bind(world);
    world.readTags = async (...asked) => {
      await world.clock.sleep(3_000);
      return readTags(...asked);
    };
    world.waitsForRegistry = false;
    world.edit({ suspend: false });
    await expectHeld('1');
    expect(approved()?.reason).toBe('UntrustedKey');
  });
});

test('no text of a signer looks like another signer, in the status and in the record', async () => {
  const actor = 'Ada), bob \u202e（Bob Example';
  sign('1', alice, { actor, reason: `fine; bob (Bob Example): ${'x'.repeat(900)}` });
  await world.promote('1');
  const signer = 'alice (Ada], bob  [Bob Example)';
  const signed = world.status.transitions?.filter(({ by }) => by?.startsWith('alice'));
  expect(signed?.map(({ by }) => by)).toEqual([signer, signer]);
  expect(approved()?.message).toContain(`version 1 was approved by ${signer}: fine`);
  expect(approved()?.message.length).toBeLessThan(400);
});

describe('a version that a window holds, with the statements that it needs', () => {
  const at = (seconds: number) => new Date(world.serverNow() + seconds * 1000).toISOString().slice(0, 16);
  const freeze = (seconds: number) => {
    world.edit({ windows: { timeZone: 'UTC', freezes: [{ from: at(-3_600), to: at(seconds) }] } });
  };

  test('is told as approved, and nobody is asked to sign', async () => {
    await serve('1');
    freeze(3_600);
    sign('2');
    world.alias = '2';
    await expectHeld('2');
    expect(conditionOf(world.status, 'Held')).toMatchObject({ status: 'True', reason: 'Frozen' });
    expect(approved()).toMatchObject({ status: 'True', reason: 'Approved' });
    expect(approved()?.message).toContain('version 2 was approved by alice (Ada Example)');
  });

  test('is told as unapproved as soon as its statement has expired', async () => {
    world = worldWith({ expiresAfterSeconds: 600 });
    await serve('1');
    freeze(7_200);
    sign('2');
    world.alias = '2';
    await world.until('the approval is told', () => waits('2') && approved()?.status === 'True');
    await world.until('the approval has expired', () => approved()?.reason === 'StatementExpired');
  });

  test('goes on when the window opens, and the record names no signer for that', async () => {
    await serve('1');
    freeze(300);
    sign('2');
    world.alias = '2';
    await world.until('version 2 serves', () => world.status.stable?.version === '2');
    const resumed = world.status.transitions?.filter(({ reason }) => reason === 'Resumed') ?? [];
    expect(resumed.map(({ message, by }) => ({ message, by }))).toContainEqual({
      message: expect.stringContaining('Frozen is over'),
      by: 'the operator',
    });
  });
});
