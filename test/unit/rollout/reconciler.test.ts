import { describe, expect, test } from '@jest/globals';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import { digestOf, type Flaw, RolloutWorld, SPEC } from '../../support/rollout-world.ts';

const START = Date.UTC(2026, 0, 1);
const FORMER_FINALIZER = 'serving.loan-eligibility.dev/webhook';

/** Every phase and weight that was recorded, in order. */
function journeyOf(world: RolloutWorld): string[] {
  const journey: string[] = [];
  world.onStatus = (_before, { phase, candidate }) => {
    const weight = candidate?.mode === 'canary' ? ` ${candidate.weightPercent}` : '';
    const stop = `${phase}${weight}`;
    if (journey.at(-1) !== stop) journey.push(stop);
  };
  return journey;
}

function condition(world: RolloutWorld, type: string) {
  return world.status.conditions?.find((candidate) => candidate.type === type);
}

async function worldWithStable(version = '1', pollSeconds = 10): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  world.edit({ registry: { ...SPEC.registry, pollSeconds } });
  await world.promote(version);
  return world;
}

describe('a promotion', () => {
  test('waits for the alias', async () => {
    const world = new RolloutWorld();
    await world.step();
    await world.step();
    expect(world.status.phase).toBe('Waiting');
    expect(condition(world, 'RegistryReachable')).toMatchObject({ status: 'True', reason: 'AliasMissing' });
    expect(condition(world, 'Available')).toMatchObject({ status: 'False', reason: 'NoStableVersion' });
  });

  test('of the very first version is verified and rolled out without gates', async () => {
    const world = new RolloutWorld();
    const journey = journeyOf(world);
    await world.promote('1');
    expect(journey).toEqual(['Verifying', 'Promoting', 'Soaking', 'Stable']);
    expect(world.status.stable).toMatchObject({ version: '1', runId: 'run-1', digest: digestOf('1') });
    expect(world.pins).toEqual([{ version: '1', digest: digestOf('1') }]);
    expect(condition(world, 'Available')).toMatchObject({ status: 'True', reason: 'Serving' });
  });

  test('keeps the candidate until terminating pods are gone, because without it they would decide with the old version', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the candidate is promoted', () => world.status.phase === 'Promoting');
    const start = world.clock.now();
    const gone = start + 40_000;
    world.terminating = [{ deletionTimestamp: new Date(start + 90_000).toISOString() }];
    await world.until('40 seconds', () => world.clock.now() >= gone);
    expect(world.simulatedPods.every(({ pin }) => pin?.version === '2')).toBe(true);
    expect(world.status).toMatchObject({ phase: 'Promoting', candidate: { weightPercent: 100 } });
    world.terminating = [];
    await world.until('the bake time begins', () => world.status.phase === 'Soaking');
    expect(world.clock.now() - gone).toBeLessThan(5_000);
  });

  test('does not wait for a pod after its grace period, for example on a lost node', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the candidate is promoted', () => world.status.phase === 'Promoting');
    world.terminating = [{ deletionTimestamp: new Date(world.clock.now() + 30_000).toISOString() }];
    const start = world.clock.now();
    await world.until('the bake time begins', () => world.status.phase === 'Soaking');
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(30_000);
  });

  test('of another version goes through every phase', async () => {
    const world = await worldWithStable();
    const journey = journeyOf(world);
    await world.promote('2');
    expect(journey).toEqual([
      'Verifying',
      'Shadowing',
      'Canary 0',
      'Canary 10',
      'Canary 50',
      'Promoting 50',
      'Promoting 100',
      'Soaking',
      'Stable',
    ]);
    expect(world.status).toMatchObject({
      stable: { version: '2' },
      history: [{ version: '1', outcome: 'Served', digest: digestOf('1') }],
    });
    expect(world.pins.map((pin) => pin?.version)).toEqual(['1', '2']);
  });

  test('skips the phases that the spec leaves out', async () => {
    const world = new RolloutWorld({ shadow: undefined, canary: undefined, analysis: undefined });
    await world.promote('1');
    const journey = journeyOf(world);
    await world.promote('2');
    expect(journey).toEqual(['Verifying', 'Promoting 0', 'Promoting 100', 'Soaking', 'Stable']);
    expect(condition(world, 'MetricsReachable')).toBeUndefined();
  });

  test('shows in Events and in the tags of the versions', async () => {
    const world = await worldWithStable();
    world.events.length = 0;
    await world.promote('2');
    expect(world.events.map(({ reason }) => reason)).toEqual([
      'Verifying',
      'Shadowing',
      'Canary',
      'WeightRaised',
      'WeightRaised',
      'Promoting',
      'WeightRaised',
      'Promoted',
      'Stable',
    ]);
    expect(world.tags.get('2 rollout.default.loan.status')).toBe('Stable');
    expect(world.tags.get('1 rollout.default.loan.status')).toBe('Retired');
  });

  test('pins the Deployment only when the candidate decides all keys, and clears the candidate only after the rollout', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('version 2 is pinned', () => world.currentPin?.version === '2');
    expect(world.status.candidate).toMatchObject({ version: '2', mode: 'canary', weightPercent: 100 });
    await world.until('the candidate is cleared', () => world.status.candidate === undefined);
    expect(world.simulatedPods.map((pod) => pod.pin?.version)).toEqual(['2', '2']);
    expect(world.status.stable?.version).toBe('2');
  });
});

describe('a verification without a verdict', () => {
  test('is tried again, and the condition says why', async () => {
    const world = await worldWithStable();
    world.flaws.set('2', 'comes to no verdict');
    world.alias = '2';
    await world.until('two attempts', () => world.status.analysis?.failures === 2);
    expect(condition(world, 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'Verifying',
      message: 'version 2: no verdict in 2 of 10 Jobs: no artifacts',
    });
    world.flaws.set('2', 'none');
    await world.promote('2');
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '2' } });
  });

  test('ends after ten Jobs, and is tried again on demand', async () => {
    const world = await worldWithStable();
    await world.promote('2', 'comes to no verdict');
    expect(world.status).toMatchObject({
      phase: 'RolledBack',
      stable: { version: '1' },
      failed: {
        version: '2',
        reason: 'VerificationInconclusive',
        message: 'no verdict in 10 of 10 Jobs: no artifacts',
      },
    });
    world.flaws.set('2', 'none');
    world.annotate(REQUEST_ANNOTATIONS.retry, 'again');
    await world.until('version 2 serves', () => world.settled && world.status.stable?.version === '2');
  });
});

describe('the last good version', () => {
  /** Moves the alias to the version, and returns as soon as its bake time begins. */
  async function interrupt(world: RolloutWorld, version: string): Promise<void> {
    world.alias = version;
    const soaks = () => world.status.phase === 'Soaking' && world.status.stable?.version === version;
    await world.until('the bake time begins', soaks);
  }

  test('is not a version that served well before, but failed in service since', async () => {
    const world = await worldWithStable();
    await world.promote('2');
    await world.promote('1', 'errs in service');
    expect(world.status).toMatchObject({ phase: 'RolledBack', stable: { version: '2' } });
    await interrupt(world, '3');
    await interrupt(world, '2');
    world.flaws.set('2', 'errs in service');
    await world.until('the end', () => world.settled);
    expect(world.status).toMatchObject({ phase: 'RolledBack', stable: { version: '3' } });
  });

  test('is a version without a bake time if no other served well, and stays unproven', async () => {
    const world = await worldWithStable();
    await interrupt(world, '2');
    await interrupt(world, '1');
    world.flaws.set('1', 'errs in service');
    world.flaws.set('2', 'errs in service');
    await world.until('the end of version 1', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({ phase: 'RolledBack', stable: { version: '2' } });
    expect(world.status.stable?.soakedAt).toBeUndefined();
  });

  test('must pass the gates again after it failed in service', async () => {
    const world = await worldWithStable();
    await world.promote('2');
    await world.promote('1', 'errs in service');
    expect(world.status).toMatchObject({ phase: 'RolledBack', failed: { version: '1' } });
    world.flaws.set('1', 'none');
    const journey = journeyOf(world);
    world.annotate(REQUEST_ANNOTATIONS.retry, 'again');
    await world.until('version 1 serves', () => world.settled && world.status.stable?.version === '1');
    expect(journey.slice(0, 3)).toEqual(['Verifying', 'Shadowing', 'Canary 0']);
  });

  test('stays proven if it comes back and is soon replaced', async () => {
    const world = await worldWithStable();
    await world.promote('2');
    await interrupt(world, '1');
    await world.promote('2');
    expect(world.status.history?.[0]).toMatchObject({ version: '1', outcome: 'Interrupted' });
    const journey = journeyOf(world);
    await world.promote('1');
    expect(journey[0]).toBe('Promoting 0');
  });
});

describe('a progress deadline that passed earlier', () => {
  test('while pods waited for their first pin is not held against the version', async () => {
    const world = new RolloutWorld();
    for (let look = 0; look < 5; look++) await world.step();
    const [progressing] = world.deployment('inference')?.status?.conditions ?? [];
    expect(progressing).toMatchObject({ reason: 'ProgressDeadlineExceeded' });
    const journey = journeyOf(world);
    await world.promote('1');
    expect(journey).toEqual(['Verifying', 'Promoting', 'Soaking', 'Stable']);
  });

  test('is not held against the version when it is tried again', async () => {
    const world = await worldWithStable();
    await world.promote('2', 'never becomes ready');
    expect(world.status.failed).toMatchObject({ reason: 'RolloutStuck' });
    world.flaws.set('2', 'none');
    world.annotate(REQUEST_ANNOTATIONS.retry, 'again');
    await world.until('version 2 serves', () => world.settled && world.status.stable?.version === '2');
  });
});

describe('a rollout of pods that got stuck earlier, under the same pin', () => {
  test('does not wait for ever', async () => {
    const world = new RolloutWorld();
    world.flaws.set('1', 'never becomes ready');
    world.flaws.set('2', 'refused by verification');
    world.alias = '1';
    await world.until('version 1 is pinned', () => world.currentPin?.version === '1');
    await world.promote('2', 'refused by verification');
    const stuck = () => world.deployment('inference')?.status?.conditions?.[0];
    await world.until('its pods are stuck', () => Date.parse(stuck()?.lastUpdateTime ?? '') > START);
    world.alias = '1';
    await world.until('the refusal', () => world.status.failed?.version === '1');
    expect(world.status.failed?.reason).toBe('RolloutStuck');
  });
});

describe('a flawed version', () => {
  test.each<[Flaw, string]>([
    ['refused by verification', 'GoldenSampleMismatch'],
    ['crashes verification', 'VerificationCrashed'],
    ['flips decisions', 'ShadowFailed'],
    ['gives no metrics', 'ShadowDeadlineExceeded'],
    ['errs when deciding', 'CanaryFailed'],
    ['never loads', 'CandidateNotLoaded'],
    ['never becomes ready', 'RolloutStuck'],
    ['errs in service', 'SoakFailed'],
  ])('that %s is stopped: %s', async (flaw, reason) => {
    const world = await worldWithStable();
    await world.promote('2', flaw);
    expect(world.status).toMatchObject({
      phase: 'RolledBack',
      stable: { version: '1', digest: digestOf('1') },
      failed: { version: '2', reason },
    });
    expect(condition(world, 'Degraded')).toMatchObject({ status: 'True', reason });
    expect(condition(world, 'Available')?.status).toBe('True');
    expect(world.tags.get('2 rollout.default.loan.status')).toBe('Refused');
    expect(world.tags.get('2 rollout.default.loan.reason')).toBe(reason);
    const warnings = world.events.filter(({ type }) => type === 'Warning');
    expect(warnings.map((event) => event.reason)).toEqual([reason, 'RolledBack']);
  });

  test('stays refused until the retry annotation changes', async () => {
    const world = await worldWithStable();
    await world.promote('2', 'flips decisions');
    const refusedAt = world.status.failed?.at;
    world.flaws.set('2', 'none');
    for (let look = 0; look < 20; look++) await world.step();
    world.restart();
    await world.step();
    expect(world.status.failed?.at).toBe(refusedAt);
    world.annotate(REQUEST_ANNOTATIONS.retry, 'again');
    await world.until('version 2 serves', () => world.settled && world.status.stable?.version === '2');
    expect(world.status.failed).toBeUndefined();
  });

  test('that fails its bake time is replaced by the last good version at once, in the running pods', async () => {
    const world = await worldWithStable();
    world.flaws.set('2', 'errs in service');
    world.alias = '2';
    await world.until('the bake time fails', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({
      phase: 'RolledBack',
      stable: { version: '1' },
      candidate: { version: '1', mode: 'canary', weightPercent: 100 },
      history: [
        { version: '2', outcome: 'Failed' },
        { version: '1', outcome: 'Served' },
      ],
    });
    await world.until('the Deployment is back', () => world.settled);
    expect(world.status.candidate).toBeUndefined();
  });

  test('that gets stuck in the rollout loses its keys at once, in the running pods', async () => {
    const world = await worldWithStable();
    world.flaws.set('2', 'never becomes ready');
    world.alias = '2';
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({
      stable: { version: '1' },
      candidate: { version: '1', mode: 'canary', weightPercent: 100 },
    });
  });

  test('that is the first ever and never becomes ready is refused, and its pin is removed', async () => {
    const world = new RolloutWorld();
    await world.promote('1', 'never becomes ready');
    expect(world.status).toMatchObject({
      phase: 'RolledBack',
      failed: { version: '1', reason: 'RolloutStuck' },
    });
    expect(world.status.stable).toBeUndefined();
    expect(world.pins).toEqual([{ version: '1', digest: digestOf('1') }, undefined]);
    expect(world.events.slice(-2).map(({ reason }) => reason)).toEqual(['RolloutStuck', 'RolledBack']);
    expect(world.events.at(-1)?.message).toBe('there is no earlier version to roll back to');
    expect(condition(world, 'Available')).toMatchObject({ status: 'False', reason: 'NoStableVersion' });
    const { writes } = world;
    for (let look = 0; look < 20; look++) await world.step();
    expect(world.writes).toBe(writes);
    await world.promote('2');
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '2' } });
  });

  test('that is the first ever and is refused before its rollout leaves the pin of another writer alone', async () => {
    const world = new RolloutWorld();
    await world.pin('inference', 'inference', { version: '7', digest: digestOf('7') });
    world.flaws.set('1', 'refused by verification');
    world.alias = '1';
    await world.until('the refusal', () => world.status.failed !== undefined);
    for (let look = 0; look < 20; look++) await world.step();
    expect(world.currentPin?.version).toBe('7');
  });

  test('that is the first ever and fails its bake time stays, degraded, because there is nothing to restore', async () => {
    const world = new RolloutWorld();
    await world.promote('1', 'errs in service');
    expect(world.status).toMatchObject({
      phase: 'Stable',
      stable: { version: '1' },
      failed: { reason: 'SoakFailed' },
    });
    expect(condition(world, 'Degraded')?.message).toContain('no earlier version');
  });

  test('tolerates as many failed measurements as the limit allows', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    world.flaws.set('2', 'errs when deciding');
    await world.until('one failed measurement', () => world.status.analysis?.failures === 1);
    world.flaws.set('2', 'none');
    await world.until('version 2 serves', () => world.settled);
    expect(world.status.stable?.version).toBe('2');
  });

  test('is refused at the next failed measurement', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    world.flaws.set('2', 'errs when deciding');
    await world.until('one failed measurement', () => world.status.analysis?.failures === 1);
    const first = world.clock.now();
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.clock.now() - first).toBeLessThanOrEqual((SPEC.analysis?.intervalSeconds ?? 0) * 1000 + 100);
  });
});

describe('a bake time without a value', () => {
  const { soakSeconds } = SPEC;

  async function worldWithoutValues(): Promise<RolloutWorld> {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the bake time', () => world.status.phase === 'Soaking');
    world.flaws.set('2', 'gives no metrics');
    return world;
  }

  test('lasts twice as long, and then leaves the version in service, reported as unproven', async () => {
    const world = await worldWithoutValues();
    const since = Date.parse(world.status.stable?.since ?? '');
    await world.until('the end', () => world.status.phase !== 'Soaking');
    expect(world.clock.now() - since).toBeGreaterThanOrEqual(2 * soakSeconds * 1000);
    expect(world.clock.now() - since).toBeLessThan(3 * soakSeconds * 1000);
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '2' } });
    expect(world.status.stable?.soakedAt).toBeUndefined();
    expect(world.events.at(-1)).toMatchObject({ type: 'Warning', reason: 'SoakInconclusive' });
    expect(world.events.at(-1)?.message).toContain('error-ratio has no value');
    expect(condition(world, 'Progressing')?.message).toContain('unproven');
    expect(condition(world, 'Degraded')?.status).toBe('False');
    await world.step();
    expect(world.tags.get('2 rollout.default.loan.status')).toBe('Serving');
  });

  test('ends as usual if a value comes in that time', async () => {
    const world = await worldWithoutValues();
    const since = Date.parse(world.status.stable?.since ?? '');
    await world.until(
      'one and a half bake times',
      () => world.clock.now() - since > 1.5 * soakSeconds * 1000,
    );
    world.flaws.set('2', 'none');
    await world.until('the end', () => world.status.phase !== 'Soaking');
    expect(world.status.stable?.soakedAt).toBeDefined();
  });

  test('restores the last good version if the value that comes is bad', async () => {
    const world = await worldWithoutValues();
    const since = Date.parse(world.status.stable?.since ?? '');
    await world.until(
      'one and a half bake times',
      () => world.clock.now() - since > 1.5 * soakSeconds * 1000,
    );
    world.flaws.set('2', 'errs in service');
    await world.until('the end', () => world.settled);
    expect(world.status).toMatchObject({ phase: 'RolledBack', stable: { version: '1' } });
  });

  test('does not end while Prometheus is unreachable, because nothing was measured', async () => {
    const world = await worldWithoutValues();
    world.metricsDown = true;
    const start = world.clock.now();
    await world.until('ten bake times', () => world.clock.now() - start > 10 * soakSeconds * 1000);
    expect(world.status.phase).toBe('Soaking');
  });

  test('leaves a version that is verified like any other when the alias comes back to it', async () => {
    const world = await worldWithoutValues();
    await world.until('the end', () => world.status.phase === 'Stable');
    await world.promote('3');
    expect(world.status.history?.[0]).toMatchObject({ version: '2', outcome: 'Interrupted' });
    const journey = journeyOf(world);
    world.flaws.set('2', 'none');
    await world.promote('2');
    expect(journey[0]).toBe('Verifying');
  });

  test('of 0 s counts as passed at once', async () => {
    const world = new RolloutWorld({ soakSeconds: 0 });
    await world.promote('1', 'gives no metrics');
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { soakedAt: expect.any(String) } });
  });
});

describe('a rollback by the alias', () => {
  test('to a version that served well skips every gate', async () => {
    const world = await worldWithStable();
    await world.promote('2');
    const journey = journeyOf(world);
    await world.promote('1');
    expect(journey).toEqual(['Promoting 0', 'Promoting 100', 'Soaking', 'Stable']);
    expect(world.status.stable?.version).toBe('1');
  });

  test('waits only half a minute for pods that crash and so cannot load the version', async () => {
    const world = await worldWithStable();
    await world.promote('2');
    world.flaws.set('2', 'crashes in service');
    world.alias = '1';
    await world.until('the rollback begins', () => world.status.phase === 'Promoting');
    const start = world.clock.now();
    await world.until('version 1 is pinned', () => world.currentPin?.version === '1');
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(30_000);
    expect(world.clock.now() - start).toBeLessThan(40_000);
    await world.until('the rollback is over', () => world.settled);
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1' } });
    expect(world.status.failed).toBeUndefined();
  });

  test('waits for a pod that has just started', async () => {
    const world = await worldWithStable();
    await world.promote('2');
    world.flaws.set('2', 'crashes in service');
    world.alias = '1';
    await world.until('the rollback begins', () => world.status.phase === 'Promoting');
    const start = world.clock.now();
    await world.until('20 seconds', () => world.clock.now() - start >= 20_000);
    world.simulatedPods[0] = world.newPod(world.currentPin);
    await world.until('version 1 is pinned', () => world.currentPin?.version === '1');
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(50_000);
  });

  test('to a version that was replaced during its bake time is verified like any other', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the bake time of version 2', () => world.status.phase === 'Soaking');
    await world.promote('3');
    expect(world.status.history?.[0]).toMatchObject({ version: '2', outcome: 'Interrupted' });
    const journey = journeyOf(world);
    await world.promote('2');
    expect(journey[0]).toBe('Verifying');
  });
});

describe('a new promotion', () => {
  test.each(['Verifying', 'Shadowing', 'Canary', 'Promoting', 'Soaking'])(
    'supersedes a promotion in phase %s',
    async (phase) => {
      const world = await worldWithStable();
      world.alias = '2';
      await world.until(phase, () => world.status.phase === phase);
      await world.promote('3');
      expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '3' } });
      expect(world.unfinishedJobs).toBe(0);
    },
  );

  test('that is refused lets an interrupted bake time continue', async () => {
    const world = await worldWithStable('1', 1);
    world.flaws.set('2', 'errs in service');
    world.flaws.set('3', 'flips decisions');
    world.alias = '2';
    await world.until('the bake time of version 2', () => world.status.phase === 'Soaking');
    world.alias = '3';
    await world.until('version 3 is refused', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({ phase: 'Soaking', stable: { version: '2' } });
    await world.until('the rollout settles', () => world.settled);
    expect(world.status).toMatchObject({
      phase: 'RolledBack',
      stable: { version: '1' },
      failed: { version: '3', reason: 'ShadowFailed' },
      history: [{ version: '2', outcome: 'Failed' }, { version: '1' }],
    });
    expect(world.events.slice(-2).map(({ reason }) => reason)).toEqual(['SoakFailed', 'RolledBack']);
  });

  test('back to the stable version gives the candidate up, and rolls back a half-done rollout', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('half of the pods', () => world.simulatedPods[0]?.pin?.version === '2');
    await world.promote('1');
    expect(world.simulatedPods.map((pod) => pod.pin?.version)).toEqual(['1', '1']);
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1' } });
    expect(world.tags.get('2 rollout.default.loan.status')).toBe('Superseded');
  });
});

describe('pods that are pinned to a version that was dropped', () => {
  const TAKE_OVER = { version: '1', mode: 'canary', weightPercent: 100 };

  async function halfRolledOut(): Promise<RolloutWorld> {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('half of the pods', () => world.simulatedPods[0]?.pin?.version === '2');
    return world;
  }

  test.each([
    ['moves back', '1'],
    ['is deleted', undefined],
    ['moves on', '3'],
  ])('decide with the stable version at once if the alias %s', async (_what, alias) => {
    const world = await halfRolledOut();
    world.alias = alias;
    await world.until('the candidate is given up', () => world.status.candidate?.version !== '2');
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1' }, candidate: TAKE_OVER });
    expect(condition(world, 'Progressing')?.message).toContain('while the Deployment is rolled back');
    expect(world.events.at(-1)?.reason).toBe('Superseded');
    await world.until('the end', () => world.settled);
    expect(world.status.candidate).toBeUndefined();
  });

  test('decide with the stable version until they are gone, even if another version is promoted meanwhile', async () => {
    const world = await worldWithStable();
    world.flaws.set('2', 'errs in service');
    world.alias = '2';
    await world.until('the bake time fails', () => world.status.failed !== undefined);
    world.alias = '3';
    await world.until('the next begins', () => world.status.phase === 'Verifying');
    expect(world.simulatedPods.map((pod) => pod.pin?.version)).toEqual(['1', '1']);
    await world.until('the next serves', () => world.settled && world.status.stable?.version === '3');
  });

  test('do not delay the next version once the Deployment makes no more progress', async () => {
    const world = await worldWithStable();
    world.flaws.set('2', 'errs in service');
    world.flaws.set('1', 'never becomes ready');
    world.alias = '2';
    await world.until('the bake time fails', () => world.status.failed !== undefined);
    world.alias = '3';
    await world.until('the next serves', () => world.settled && world.status.stable?.version === '3');
  });

  test('keep the stable version as candidate when its bake time ends', async () => {
    const world = await worldWithStable();
    world.flaws.set('3', 'never becomes ready');
    world.alias = '2';
    await world.until('the bake time of version 2', () => world.status.phase === 'Soaking');
    world.alias = '3';
    await world.until('version 3 is pinned', () => world.currentPin?.version === '3');
    world.simulatedPods[0] = world.newPod(world.currentPin);
    world.flaws.set('2', 'never becomes ready');
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({ phase: 'Soaking', candidate: { ...TAKE_OVER, version: '2' } });
    await world.until('the end of the bake time', () => world.status.phase !== 'Soaking');
    expect(world.events.at(-1)?.reason).toBe('Stable');
    expect(world.status).toMatchObject({ phase: 'RolledBack', candidate: { ...TAKE_OVER, version: '2' } });
    world.flaws.set('2', 'none');
    await world.until('the Deployment is back', () => world.settled);
  });

  test('need no candidate any more once they are gone, even during a bake time', async () => {
    const world = new RolloutWorld({ soakSeconds: 600 });
    world.flaws.set('2', 'never becomes ready');
    world.alias = '1';
    await world.until('the bake time of version 1', () => world.status.phase === 'Soaking');
    world.alias = '2';
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({ phase: 'Soaking', candidate: TAKE_OVER });
    await world.until('the pods are gone', () => world.status.candidate === undefined);
    expect(world.status).toMatchObject({ phase: 'Soaking', stable: { version: '1' } });
  });
});

/** Takes MLflow away. The candidate makes no progress until the outage is seen, and could pass every gate afterwards. */
async function loseRegistry(world: RolloutWorld): Promise<void> {
  world.flaws.set('2', 'gives no metrics');
  world.registryDown = true;
  world.alias = undefined;
  await world.until('the outage is seen', () => condition(world, 'RegistryReachable')?.status === 'False');
  world.flaws.set('2', 'none');
}

describe('an outage', () => {
  test.each(['Verifying', 'Shadowing', 'Canary', 'Promoting', 'Soaking'])(
    'of MLflow that begins in %s changes only a condition, however long it lasts',
    async (phase) => {
      const world = await worldWithStable('1', 1);
      world.alias = '2';
      await world.until('the phase', () => world.status.phase === phase);
      await loseRegistry(world);
      const { candidate, stable } = world.status;
      const start = world.clock.now();
      await world.until('ten deadlines', () => world.clock.now() - start > 600_000, 1000);
      expect(world.status.phase).toBe(phase);
      expect(world.status.stable).toEqual(stable);
      expect(world.status.candidate?.weightPercent).toBe(candidate?.weightPercent);
      expect(world.events.at(-1)).toMatchObject({ type: 'Warning', reason: 'RegistryUnreachable' });
      world.registryDown = false;
      await world.promote('2');
      expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '2' } });
    },
  );

  test('of MLflow does not keep a bad version in canary', async () => {
    const world = await worldWithStable('1', 1);
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    await loseRegistry(world);
    world.flaws.set('2', 'errs when deciding');
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({ phase: 'RolledBack', failed: { reason: 'CanaryFailed' } });
  });

  test('of MLflow during verification is not held against the version', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('verification', () => world.status.phase === 'Verifying');
    world.registryDown = true;
    for (let look = 0; look < 30; look++) await world.step();
    expect(world.status).toMatchObject({ phase: 'Verifying', candidate: { version: '2' } });
    world.registryDown = false;
    await world.promote('2');
    expect(world.status.stable?.version).toBe('2');
  });

  test('of Prometheus stops the deadline', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('shadow', () => world.status.phase === 'Shadowing');
    world.metricsDown = true;
    const start = world.clock.now();
    await world.until('ten deadlines', () => world.clock.now() - start > 600_000, 1000);
    world.flaws.set('2', 'gives no metrics');
    expect(world.status).toMatchObject({ phase: 'Shadowing', candidate: { version: '2' } });
    expect(condition(world, 'MetricsReachable')).toMatchObject({
      status: 'False',
      reason: 'MetricsUnreachable',
    });
    world.metricsDown = false;
    await world.until('Prometheus is back', () => condition(world, 'MetricsReachable')?.status === 'True');
    for (let look = 0; look < 6; look++) await world.step();
    expect(world.status).toMatchObject({ phase: 'Shadowing', candidate: { version: '2' } });
    await world.promote('2');
    expect(world.status.stable?.version).toBe('2');
  });

  test('of the metrics alone runs into the deadline', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    world.flaws.set('2', 'gives no metrics');
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status.failed).toMatchObject({ reason: 'CanaryDeadlineExceeded' });
    expect(world.status.failed?.message).toContain('error-ratio has no value');
  });
});

describe('a deadline does not run', () => {
  const HOUR = 3_600_000;
  const absences: [string, (world: RolloutWorld) => Promise<void>][] = [
    [
      'while suspended',
      async (world) => {
        world.edit({ suspend: true });
        await world.step();
        world.clock.advance(HOUR);
        world.edit({ suspend: false });
      },
    ],
    [
      'while no process leads',
      async (world) => {
        world.clock.advance(HOUR);
        world.restart();
      },
    ],
  ];

  test.each(absences)('%s, if a version has no value yet', async (_what, absence) => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    world.flaws.set('2', 'gives no metrics');
    await world.step();
    await absence(world);
    const start = world.clock.now();
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status.failed?.reason).toBe('CanaryDeadlineExceeded');
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(60_000);
    expect(world.clock.now() - start).toBeLessThan(70_000);
  });

  test.each(absences)('%s, if pods must still load the version', async (_what, absence) => {
    const world = await worldWithStable();
    world.flaws.set('2', 'never loads');
    world.alias = '2';
    await world.until('the canary', () => world.status.phase === 'Canary');
    await absence(world);
    const start = world.clock.now();
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status.failed?.reason).toBe('CandidateNotLoaded');
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(60_000);
  });
});

describe('the operator leaves the target alone', () => {
  test('while it is suspended, and continues afterwards', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    world.edit({ suspend: true });
    const { writes } = world;
    for (let look = 0; look < 20; look++) await world.step();
    // The hold, and that it is in the audit record.
    expect(world.writes - writes).toBe(2);
    expect(condition(world, 'Progressing')).toMatchObject({ status: 'False', reason: 'Suspended' });
    expect(world.status.candidate).toMatchObject({ version: '2', weightPercent: 10 });
    world.edit({ suspend: false });
    await world.promote('2');
    expect(world.status.stable?.version).toBe('2');
  });

  test('when the alias is deleted: the stable version stays, and the candidate is given up', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 50);
    world.alias = undefined;
    await world.until('the candidate is given up', () => world.settled);
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1' } });
    expect(world.status.failed).toBeUndefined();
  });

  test('if an older ModelDeployment has the same target', async () => {
    const world = await worldWithStable();
    const mine = world.modelDeployment();
    const metadata = { ...mine.metadata, name: 'older', creationTimestamp: '2025-01-01T00:00:00Z' };
    const both = () => [world.modelDeployment(), { ...mine, metadata }];
    Object.assign(world, { modelDeployments: both });
    world.alias = '2';
    for (let look = 0; look < 10; look++) await world.step();
    expect(condition(world, 'Degraded')).toMatchObject({ status: 'True', reason: 'TargetClaimed' });
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1' } });
    Object.assign(world, { modelDeployments: () => [world.modelDeployment()] });
    await world.promote('2');
    expect(condition(world, 'Degraded')?.status).toBe('False');
  });

  test('if the target does not exist', async () => {
    const world = new RolloutWorld({ target: { deployment: 'elsewhere', container: 'inference' } });
    world.alias = '1';
    for (let look = 0; look < 10; look++) await world.step();
    expect(condition(world, 'Degraded')).toMatchObject({ status: 'True', reason: 'TargetNotFound' });
    expect(world.status.stable).toBeUndefined();
  });
});

describe('a deletion', () => {
  test('is never blocked: the finalizer of an earlier release is removed, and no other', async () => {
    const world = await worldWithStable();
    world.mark({ finalizers: ['other', FORMER_FINALIZER] });
    await world.look();
    expect(world.modelDeployment().metadata.finalizers).toEqual(['other']);
    await world.look();
    expect(world.settled).toBe(true);
  });

  test('that waits for another finalizer ends all work', async () => {
    const world = await worldWithStable();
    const finalizers = ['other', FORMER_FINALIZER];
    world.mark({ finalizers, deletionTimestamp: '2026-01-01T00:00:00Z' });
    world.alias = '2';
    await world.look();
    expect(world.modelDeployment().metadata.finalizers).toEqual(['other']);
    const { writes, registryReads } = world;
    await world.look();
    expect([world.writes, world.registryReads]).toEqual([writes, registryReads]);
  });
});

describe('at rest', () => {
  test('nothing is written, and the alias is read once a poll interval, however often the operator reconciles', async () => {
    const world = await worldWithStable();
    const { writes, registryReads } = world;
    const start = world.clock.now();
    while (world.clock.now() - start < 600_000) await world.step();
    expect(world.writes).toBe(writes);
    const polls = 600 / SPEC.registry.pollSeconds;
    expect(world.registryReads - registryReads).toBeLessThanOrEqual(polls + 1);
    const reads = world.registryReads;
    for (let reconcile = 0; reconcile < 100; reconcile++) await world.look();
    expect(world.registryReads - reads).toBeLessThanOrEqual(1);
  });

  test('a wake-up makes the alias be read at once', async () => {
    const world = await worldWithStable();
    await world.look();
    world.alias = '2';
    await world.look();
    expect(world.status.phase).toBe('Stable');
    await world.wake('loan', 'delivery-1');
    await world.look();
    expect(world.status).toMatchObject({ phase: 'Verifying', candidate: { version: '2' } });
  });

  test('a pin that another writer changed is set again', async () => {
    const world = await worldWithStable();
    await world.pin('inference', 'inference', { version: '9', digest: 'sha256:9' });
    await world.until('the pin is back', () => world.currentPin?.version === '1');
  });
});
