import { describe, expect, test } from '@jest/globals';
import { RETRY_ANNOTATION } from '../../../services/shared/model-deployment/model-deployment.ts';
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

  test('of the first version ever is verified and promoted', async () => {
    const world = new RolloutWorld();
    const journey = journeyOf(world);
    await world.promote('1');
    expect(journey).toEqual(['Verifying', 'Promoting', 'Soaking', 'Stable']);
    expect(world.status.stable).toMatchObject({ version: '1', runId: 'run-1', digest: digestOf('1') });
    expect(world.pins).toEqual([{ version: '1', digest: digestOf('1') }]);
    expect(condition(world, 'Available')).toMatchObject({ status: 'True', reason: 'Serving' });
  });

  test('keeps the candidate until pods on their way out are gone: without it, they would decide by the old version', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('it is promoted', () => world.status.phase === 'Promoting');
    const start = world.clock.now();
    const gone = start + 40_000;
    world.terminating = [{ deletionTimestamp: new Date(start + 90_000).toISOString() }];
    await world.until('40 seconds', () => world.clock.now() >= gone);
    expect(world.pods_.every(({ pin }) => pin?.version === '2')).toBe(true);
    expect(world.status).toMatchObject({ phase: 'Promoting', candidate: { weightPercent: 100 } });
    world.terminating = [];
    await world.until('it soaks', () => world.status.phase === 'Soaking');
    expect(world.clock.now() - gone).toBeLessThan(5_000);
  });

  test('does not wait for a pod whose grace period is over, as on a node that is lost', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('it is promoted', () => world.status.phase === 'Promoting');
    world.terminating = [{ deletionTimestamp: new Date(world.clock.now() + 30_000).toISOString() }];
    const start = world.clock.now();
    await world.until('it soaks', () => world.status.phase === 'Soaking');
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

  test('skips what the spec does not ask for', async () => {
    const world = new RolloutWorld({ shadow: undefined, canary: undefined, analysis: undefined });
    await world.promote('1');
    const journey = journeyOf(world);
    await world.promote('2');
    expect(journey).toEqual(['Verifying', 'Promoting 0', 'Promoting 100', 'Soaking', 'Stable']);
    expect(condition(world, 'MetricsReachable')).toBeUndefined();
  });

  test('is told in Events and in the tags of the versions', async () => {
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

  test('pins the Deployment only when the candidate decides all keys, and clears it only after the rollout', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('version 2 is pinned', () => world.pin_?.version === '2');
    expect(world.status.candidate).toMatchObject({ version: '2', mode: 'canary', weightPercent: 100 });
    await world.until('the candidate is cleared', () => world.status.candidate === undefined);
    expect(world.pods_.map((pod) => pod.pin?.version)).toEqual(['2', '2']);
    expect(world.status.stable?.version).toBe('2');
  });
});

describe('a verification that comes to no verdict', () => {
  test('is tried again, and says why', async () => {
    const world = await worldWithStable();
    world.flaws.set('2', 'comes to no verdict');
    world.alias = '2';
    await world.until('two tries', () => world.status.analysis?.failures === 2);
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
    world.annotate(RETRY_ANNOTATION, 'once more');
    await world.until('version 2 serves', () => world.settled && world.status.stable?.version === '2');
  });
});

describe('the last good version', () => {
  /** The alias goes on as soon as the version soaks. */
  async function interrupt(world: RolloutWorld, version: string): Promise<void> {
    world.alias = version;
    const soaks = () => world.status.phase === 'Soaking' && world.status.stable?.version === version;
    await world.until('it soaks', soaks);
  }

  test('is not one that failed in service since, though it served well before', async () => {
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

  test('is one without a soak where no other served well, and is not proven thereby', async () => {
    const world = await worldWithStable();
    await interrupt(world, '2');
    await interrupt(world, '1');
    world.flaws.set('1', 'errs in service');
    world.flaws.set('2', 'errs in service');
    await world.until('the end of version 1', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({ phase: 'RolledBack', stable: { version: '2' } });
    expect(world.status.stable?.soakedAt).toBeUndefined();
  });

  test('passes the gates again once it has failed in service', async () => {
    const world = await worldWithStable();
    await world.promote('2');
    await world.promote('1', 'errs in service');
    expect(world.status).toMatchObject({ phase: 'RolledBack', failed: { version: '1' } });
    world.flaws.set('1', 'none');
    const journey = journeyOf(world);
    world.annotate(RETRY_ANNOTATION, 'once more');
    await world.until('version 1 serves', () => world.settled && world.status.stable?.version === '1');
    expect(journey.slice(0, 3)).toEqual(['Verifying', 'Shadowing', 'Canary 0']);
  });

  test('stays proven where it comes back and is soon replaced', async () => {
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

describe('a progress deadline that passed before', () => {
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
    world.annotate(RETRY_ANNOTATION, 'once more');
    await world.until('version 2 serves', () => world.settled && world.status.stable?.version === '2');
  });
});

describe('a rollout of pods that got stuck before, under the same pin', () => {
  test('does not wait for ever', async () => {
    const world = new RolloutWorld();
    world.flaws.set('1', 'never becomes ready');
    world.flaws.set('2', 'refused by verification');
    world.alias = '1';
    await world.until('version 1 is pinned', () => world.pin_?.version === '1');
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
    world.annotate(RETRY_ANNOTATION, 'once more');
    await world.until('version 2 serves', () => world.settled && world.status.stable?.version === '2');
    expect(world.status.failed).toBeUndefined();
  });

  test('that fails its soak gives its place to the last good one at once, in the pods that are there', async () => {
    const world = await worldWithStable();
    world.flaws.set('2', 'errs in service');
    world.alias = '2';
    await world.until('the soak fails', () => world.status.failed !== undefined);
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

  test('that gets stuck in the rollout gives its keys back at once, in the pods that are there', async () => {
    const world = await worldWithStable();
    world.flaws.set('2', 'never becomes ready');
    world.alias = '2';
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({
      stable: { version: '1' },
      candidate: { version: '1', mode: 'canary', weightPercent: 100 },
    });
  });

  test('that is the first ever and never becomes ready is refused, and its pin is taken out again', async () => {
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

  test('that is the first ever and is refused before its rollout leaves a pin alone that somebody else set', async () => {
    const world = new RolloutWorld();
    await world.pin('inference', 'inference', { version: '7', digest: digestOf('7') });
    world.flaws.set('1', 'refused by verification');
    world.alias = '1';
    await world.until('the refusal', () => world.status.failed !== undefined);
    for (let look = 0; look < 20; look++) await world.step();
    expect(world.pin_?.version).toBe('7');
  });

  test('that is the first ever and fails its soak goes on, degraded, as there is nothing to restore', async () => {
    const world = new RolloutWorld();
    await world.promote('1', 'errs in service');
    expect(world.status).toMatchObject({
      phase: 'Stable',
      stable: { version: '1' },
      failed: { reason: 'SoakFailed' },
    });
    expect(condition(world, 'Degraded')?.message).toContain('no earlier version');
  });

  test('survives as many failed measurements as the limit allows', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    world.flaws.set('2', 'errs when deciding');
    await world.until('one failed measurement', () => world.status.analysis?.failures === 1);
    world.flaws.set('2', 'none');
    await world.until('version 2 serves', () => world.settled);
    expect(world.status.stable?.version).toBe('2');
  });

  test('does not survive one more', async () => {
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

describe('a soak without a value to judge by', () => {
  const { soakSeconds } = SPEC;

  async function worldWithMuteSoak(): Promise<RolloutWorld> {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the soak', () => world.status.phase === 'Soaking');
    world.flaws.set('2', 'gives no metrics');
    return world;
  }

  test('holds for as long again, and then leaves the version in service, unproven, and says so', async () => {
    const world = await worldWithMuteSoak();
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

  test('ends as usual where a value comes in that time', async () => {
    const world = await worldWithMuteSoak();
    const since = Date.parse(world.status.stable?.since ?? '');
    await world.until('its time', () => world.clock.now() - since > 1.5 * soakSeconds * 1000);
    world.flaws.set('2', 'none');
    await world.until('the end', () => world.status.phase !== 'Soaking');
    expect(world.status.stable?.soakedAt).toBeDefined();
  });

  test('restores the last good version where the value that comes is bad', async () => {
    const world = await worldWithMuteSoak();
    const since = Date.parse(world.status.stable?.since ?? '');
    await world.until('its time', () => world.clock.now() - since > 1.5 * soakSeconds * 1000);
    world.flaws.set('2', 'errs in service');
    await world.until('the end', () => world.settled);
    expect(world.status).toMatchObject({ phase: 'RolledBack', stable: { version: '1' } });
  });

  test('does not end while Prometheus is away, as then nobody was asked', async () => {
    const world = await worldWithMuteSoak();
    world.metricsDown = true;
    const start = world.clock.now();
    await world.until('ten soaks', () => world.clock.now() - start > 10 * soakSeconds * 1000);
    expect(world.status.phase).toBe('Soaking');
  });

  test('gives a version that is verified like any other when the alias comes back to it', async () => {
    const world = await worldWithMuteSoak();
    await world.until('the end', () => world.status.phase === 'Stable');
    await world.promote('3');
    expect(world.status.history?.[0]).toMatchObject({ version: '2', outcome: 'Interrupted' });
    const journey = journeyOf(world);
    world.flaws.set('2', 'none');
    await world.promote('2');
    expect(journey[0]).toBe('Verifying');
  });

  test('of no length is none: the version is taken as proven', async () => {
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

  test('rescues pods that crash, and so can load nothing: it waits for them half a minute, no longer', async () => {
    const world = await worldWithStable();
    await world.promote('2');
    world.flaws.set('2', 'crashes in service');
    world.alias = '1';
    await world.until('the rollback begins', () => world.status.phase === 'Promoting');
    const start = world.clock.now();
    await world.until('it is pinned', () => world.pin_?.version === '1');
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(30_000);
    expect(world.clock.now() - start).toBeLessThan(40_000);
    await world.until('it is over', () => world.settled);
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1' } });
    expect(world.status.failed).toBeUndefined();
  });

  test('waits for a pod that has just come', async () => {
    const world = await worldWithStable();
    await world.promote('2');
    world.flaws.set('2', 'crashes in service');
    world.alias = '1';
    await world.until('the rollback begins', () => world.status.phase === 'Promoting');
    const start = world.clock.now();
    await world.until('20 seconds', () => world.clock.now() - start >= 20_000);
    world.pods_[0] = world.newPod(world.pin_);
    await world.until('it is pinned', () => world.pin_?.version === '1');
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(50_000);
  });

  test('to a version that was replaced while it soaked is verified like any other', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('version 2 soaks', () => world.status.phase === 'Soaking');
    await world.promote('3');
    expect(world.status.history?.[0]).toMatchObject({ version: '2', outcome: 'Interrupted' });
    const journey = journeyOf(world);
    await world.promote('2');
    expect(journey[0]).toBe('Verifying');
  });
});

describe('a new promotion', () => {
  test.each(['Verifying', 'Shadowing', 'Canary', 'Promoting', 'Soaking'])(
    'supersedes one that is %s',
    async (phase) => {
      const world = await worldWithStable();
      world.alias = '2';
      await world.until(phase, () => world.status.phase === phase);
      await world.promote('3');
      expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '3' } });
      expect(world.unfinishedJobs).toBe(0);
    },
  );

  test('that is refused lets the soak that it interrupted go on', async () => {
    const world = await worldWithStable();
    world.flaws.set('2', 'errs in service');
    world.flaws.set('3', 'flips decisions');
    world.alias = '2';
    await world.until('version 2 soaks', () => world.status.phase === 'Soaking');
    world.alias = '3';
    await world.until('version 3 is refused', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({ phase: 'Soaking', stable: { version: '2' } });
    await world.until('it settles', () => world.settled);
    expect(world.status).toMatchObject({
      phase: 'RolledBack',
      stable: { version: '1' },
      failed: { version: '3', reason: 'ShadowFailed' },
      history: [{ version: '2', outcome: 'Failed' }, { version: '1' }],
    });
    expect(world.events.slice(-2).map(({ reason }) => reason)).toEqual(['SoakFailed', 'RolledBack']);
  });

  test('back to the stable version gives the candidate up, and rolls a half-done rollout back', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('half of the pods', () => world.pods_[0]?.pin?.version === '2');
    await world.promote('1');
    expect(world.pods_.map((pod) => pod.pin?.version)).toEqual(['1', '1']);
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1' } });
    expect(world.tags.get('2 rollout.default.loan.status')).toBe('Superseded');
  });
});

describe('pods that are pinned to a version that was dropped', () => {
  const TAKE_OVER = { version: '1', mode: 'canary', weightPercent: 100 };

  async function halfRolledOut(): Promise<RolloutWorld> {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('half of the pods', () => world.pods_[0]?.pin?.version === '2');
    return world;
  }

  test.each([
    ['moves back', '1'],
    ['is deleted', undefined],
    ['moves on', '3'],
  ])('decide by the stable one at once where the alias %s', async (_what, alias) => {
    const world = await halfRolledOut();
    world.alias = alias;
    await world.until('it is dropped', () => world.status.candidate?.version !== '2');
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1' }, candidate: TAKE_OVER });
    expect(condition(world, 'Progressing')?.message).toContain('while the Deployment is rolled back');
    expect(world.events.at(-1)?.reason).toBe('Superseded');
    await world.until('the end', () => world.settled);
    expect(world.status.candidate).toBeUndefined();
  });

  test('go on with the stable one until they are gone, whatever else is promoted meanwhile', async () => {
    const world = await worldWithStable();
    world.flaws.set('2', 'errs in service');
    world.alias = '2';
    await world.until('the soak fails', () => world.status.failed !== undefined);
    world.alias = '3';
    await world.until('the next begins', () => world.status.phase === 'Verifying');
    expect(world.pods_.map((pod) => pod.pin?.version)).toEqual(['1', '1']);
    await world.until('the next serves', () => world.settled && world.status.stable?.version === '3');
  });

  test('are waited for no longer once the Deployment makes no progress any more', async () => {
    const world = await worldWithStable();
    world.flaws.set('2', 'errs in service');
    world.flaws.set('1', 'never becomes ready');
    world.alias = '2';
    await world.until('the soak fails', () => world.status.failed !== undefined);
    world.alias = '3';
    await world.until('the next serves', () => world.settled && world.status.stable?.version === '3');
  });

  test('outlast a soak that goes on and ends meanwhile', async () => {
    const world = await worldWithStable();
    world.flaws.set('3', 'never becomes ready');
    world.alias = '2';
    await world.until('version 2 soaks', () => world.status.phase === 'Soaking');
    world.alias = '3';
    await world.until('version 3 is pinned', () => world.pin_?.version === '3');
    world.pods_[0] = world.newPod(world.pin_);
    world.flaws.set('2', 'never becomes ready');
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({ phase: 'Soaking', candidate: { ...TAKE_OVER, version: '2' } });
    await world.until('the end of the soak', () => world.status.phase !== 'Soaking');
    expect(world.events.at(-1)?.reason).toBe('Stable');
    expect(world.status).toMatchObject({ phase: 'RolledBack', candidate: { ...TAKE_OVER, version: '2' } });
    world.flaws.set('2', 'none');
    await world.until('the Deployment is back', () => world.settled);
  });

  test('are given up during a soak that goes on, once they are gone', async () => {
    const world = new RolloutWorld({ soakSeconds: 600 });
    world.flaws.set('2', 'never becomes ready');
    world.alias = '1';
    await world.until('version 1 soaks', () => world.status.phase === 'Soaking');
    world.alias = '2';
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({ phase: 'Soaking', candidate: TAKE_OVER });
    await world.until('they are gone', () => world.status.candidate === undefined);
    expect(world.status).toMatchObject({ phase: 'Soaking', stable: { version: '1' } });
  });
});

/** The candidate goes nowhere until the outage is noticed, and would pass every gate from then on. */
async function loseRegistry(world: RolloutWorld): Promise<void> {
  world.flaws.set('2', 'gives no metrics');
  world.registryDown = true;
  world.alias = undefined;
  await world.until('it is noticed', () => condition(world, 'RegistryReachable')?.status === 'False');
  world.flaws.set('2', 'none');
}

describe('an outage', () => {
  test.each(['Verifying', 'Shadowing', 'Canary', 'Promoting', 'Soaking'])(
    'of the registry that begins in %s changes nothing but a condition, for however long',
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

  test('of the registry does not keep a bad version in canary', async () => {
    const world = await worldWithStable('1', 1);
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    await loseRegistry(world);
    world.flaws.set('2', 'errs when deciding');
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({ phase: 'RolledBack', failed: { reason: 'CanaryFailed' } });
  });

  test('of the registry while verifying is not held against the version', async () => {
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

  test('of metrics, as opposed to Prometheus, runs into the deadline', async () => {
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
      'while nobody leads',
      async (world) => {
        world.clock.advance(HOUR);
        world.restart();
      },
    ],
  ];

  test.each(absences)('%s and a version has no value yet', async (_what, absence) => {
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

  test.each(absences)('%s and pods have still to load it', async (_what, absence) => {
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

describe('hands off', () => {
  test('while suspended, and on from there', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    world.edit({ suspend: true });
    const { writes } = world;
    for (let look = 0; look < 20; look++) await world.step();
    expect(world.writes - writes).toBe(1);
    expect(condition(world, 'Progressing')).toMatchObject({ status: 'False', reason: 'Suspended' });
    expect(world.status.candidate).toMatchObject({ version: '2', weightPercent: 10 });
    world.edit({ suspend: false });
    await world.promote('2');
    expect(world.status.stable?.version).toBe('2');
  });

  test('when the alias is deleted: what serves goes on, what was on its way is dropped', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 50);
    world.alias = undefined;
    await world.until('it is dropped', () => world.settled);
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1' } });
    expect(world.status.failed).toBeUndefined();
  });

  test('where an older ModelDeployment has the target', async () => {
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

  test('where there is no target', async () => {
    const world = new RolloutWorld({ target: { deployment: 'elsewhere', container: 'inference' } });
    world.alias = '1';
    for (let look = 0; look < 10; look++) await world.step();
    expect(condition(world, 'Degraded')).toMatchObject({ status: 'True', reason: 'TargetNotFound' });
    expect(world.status.stable).toBeUndefined();
  });
});

describe('a deletion', () => {
  test('is never held up: the finalizer of an earlier version is taken off, and only that', async () => {
    const world = await worldWithStable();
    world.mark({ finalizers: ['other', FORMER_FINALIZER] });
    await world.look();
    expect(world.modelDeployment().metadata.finalizers).toEqual(['other']);
    await world.look();
    expect(world.settled).toBe(true);
  });

  test('that waits for somebody else ends all acting', async () => {
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
  test('nothing is written and the registry is asked once a poll, however often it is reconciled', async () => {
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

  test('a pin that someone else changed is set again', async () => {
    const world = await worldWithStable();
    await world.pin('inference', 'inference', { version: '9', digest: 'sha256:9' });
    await world.until('the pin is back', () => world.pin_?.version === '1');
  });
});
