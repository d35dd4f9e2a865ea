import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { withTransitions } from '../../../../operators/rollout/record/transitions.ts';
import {
  REQUEST_ANNOTATIONS,
  REQUESTED_BY,
} from '../../../../services/shared/agreements/request-annotations.ts';
import {
  type Approval,
  type ModelDeploymentStatus,
  statusSchema,
  TRANSITIONS_LENGTH,
} from '../../../../services/shared/model-deployment/status.ts';
import { digestOf, RolloutWorld } from '../../../support/rollout-world.ts';

const NOW = Date.UTC(2026, 0, 2);
const AT = '2026-01-01T00:00:00.000Z';
const NOBODY = { now: NOW };

function told({ status }: RolloutWorld): string[] {
  return (status.transitions ?? [])
    .toReversed()
    .map(({ reason, stable = '-', candidate = '-', by }) => `${reason} ${stable} ${candidate} ${by}`);
}

function approval(hash: string, key: string, actor: string): Approval {
  return { hash, keys: [key], actor, reason: 'all gates passed', at: AT };
}

function version(number: string) {
  return { version: number, runId: `run-${number}`, digest: digestOf(number), since: AT };
}

describe('the transitions of a ModelDeployment', () => {
  test('tell a promotion from the alias to the end of the bake time, in order', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    await world.promote('2');
    expect(told(world)).toEqual([
      'Verifying - 1 the alias',
      'Promoting - 1 the operator',
      'Promoted 1 - the operator',
      'Stable 1 - the operator',
      'Verifying 1 2 the alias',
      'Shadowing 1 2 the operator',
      'Canary 1 2 the operator',
      'WeightRaised 1 2 the operator',
      'WeightRaised 1 2 the operator',
      'Promoting 1 2 the operator',
      'WeightRaised 1 2 the operator',
      'Promoted 2 - the operator',
      'Stable 2 - the operator',
    ]);
    expect(world.status.transitions?.map(({ sequence }) => sequence)).toEqual([
      13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
    ]);
  });

  test('hold what was measured before a weight rose and before a version was refused', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    await world.promote('2', 'errs when deciding');
    const { transitions = [] } = world.status;
    const refused = transitions.find(({ reason }) => reason === 'CanaryFailed');
    expect(refused).toMatchObject({
      message: expect.stringMatching(/error-ratio is .*, above 0\.01/),
      digest: digestOf('2'),
      samples: expect.any(Number),
      checks: expect.arrayContaining([
        expect.objectContaining({ name: 'error-ratio', max: 0.01, verdict: 'failed' }),
      ]),
      stable: '1',
      by: 'the operator',
    });
    expect(transitions[0]?.reason).toBe('RolledBack');
    const canary = transitions.find(({ reason }) => reason === 'Canary');
    expect(canary?.message).toMatch(/version 2 enters phase Canary: .*agreement/);
  });

  test('name who tried a refused version again', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    await world.promote('2', 'refused by verification');
    world.flaws.set('2', 'none');
    world.annotate(REQUESTED_BY.retry, 'ada@example.com');
    world.annotate(REQUEST_ANNOTATIONS.retry, '2 the file was mended');
    await world.until('version 2 serves', () => world.status.stable?.version === '2');
    const retried = world.status.transitions?.find(({ reason }) => reason === 'Retried');
    expect(retried).toMatchObject({ by: 'ada@example.com', message: expect.stringContaining('version 2') });
  });

  test('tell of a rollout that a person suspends, and of its end', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    world.edit({ suspend: true });
    await world.step();
    world.edit({ suspend: false });
    await world.until('it goes on', () => world.status.transitions?.[0]?.reason === 'Resumed');
    expect(world.status.transitions?.[1]).toMatchObject({ reason: 'Suspended', by: 'spec.suspend' });
  });

  test('keep the numbers across a new leader, and do not count the same change twice', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    const before = world.status.transitions;
    world.restart();
    for (let look = 0; look < 10; look++) await world.step();
    expect(world.status.transitions).toEqual(before);
  });
});

describe('a signed statement', () => {
  const waiting: ModelDeploymentStatus = {
    phase: 'AwaitingApproval',
    stable: version('1'),
    candidate: version('2'),
  };
  const ada = approval('sha256:a', 'alice', 'Ada Example');
  const bob = approval('sha256:b', 'bob', 'Bob Example');
  const one = { ...waiting, candidate: { ...version('2'), approvals: [ada] } };
  const both: ModelDeploymentStatus = {
    ...waiting,
    phase: 'Shadowing',
    candidate: { ...version('2'), approvals: [ada, bob], mode: 'shadow' },
  };

  test('is told once, with signer and hash, when it counts', () => {
    const [told, ...others] = withTransitions(waiting, one, NOBODY).transitions ?? [];
    expect(others).toEqual([]);
    expect(told).toMatchObject({
      reason: 'StatementAccepted',
      by: 'alice (Ada Example)',
      statements: ['sha256:a'],
      message: 'Ada Example approved version 2: all gates passed',
    });
  });

  test('is behind the phase that it lets the version enter', () => {
    const [entered, accepted] = withTransitions(one, both, NOBODY).transitions ?? [];
    expect(accepted).toMatchObject({ reason: 'StatementAccepted', by: 'bob (Bob Example)' });
    expect(entered).toMatchObject({
      reason: 'Shadowing',
      by: 'alice (Ada Example), bob (Bob Example)',
      statements: ['sha256:a', 'sha256:b'],
    });
  });

  test('is behind the promotion of the version', () => {
    const promoted: ModelDeploymentStatus = {
      phase: 'Soaking',
      stable: { ...version('2'), approvals: [ada, bob] },
    };
    const [told] = withTransitions({ ...both, phase: 'Promoting' }, promoted, NOBODY).transitions ?? [];
    expect(told).toMatchObject({ reason: 'Promoted', statements: ['sha256:a', 'sha256:b'] });
    expect(told?.by).toContain('alice');
  });
});

test('every text from outside fits into the status', () => {
  const text = fc.string({ unit: 'binary', maxLength: 2_000 });
  fc.assert(
    fc.property(text, text, text, fc.array(text, { maxLength: 20 }), (actor, message, by, names) => {
      const checks = names.map((name) => ({ name: name.slice(0, 100), verdict: 'passed' as const }));
      const before: ModelDeploymentStatus = {
        phase: 'Canary',
        stable: version('1'),
        candidate: version('2'),
      };
      const next: ModelDeploymentStatus = {
        phase: 'RolledBack',
        stable: { ...version('1'), approvals: [approval('sha256:a', 'k', actor.slice(0, 200))] },
        failed: { version: '2', reason: 'CanaryFailed', message: message.slice(0, 1000), at: AT },
      };
      const facts = {
        alias: { kind: 'absent' },
        measurement: { kind: 'measured', verdict: 'failed', samples: 1, message, checks },
      } as const;
      const { transitions } = withTransitions(before, next, { now: NOW, requestedBy: { retry: by }, facts });
      expect(statusSchema.shape.transitions.safeParse(transitions).error?.issues ?? []).toEqual([]);
    }),
  );
});

test('the oldest transitions go when there are more than the status keeps', () => {
  let status: ModelDeploymentStatus = {};
  for (let weightPercent = 1; weightPercent <= 50; weightPercent++) {
    const candidate = { ...version('2'), mode: 'canary' as const, weightPercent };
    status = withTransitions(status, { ...status, phase: 'Canary', candidate }, NOBODY);
  }
  const { transitions = [] } = status;
  expect(transitions).toHaveLength(TRANSITIONS_LENGTH);
  expect(transitions.map(({ sequence }) => sequence)).toEqual(
    transitions.map((_, index) => (transitions[0]?.sequence ?? 0) - index),
  );
  expect(transitions[0]).toMatchObject({ reason: 'WeightRaised', weightPercent: 50 });
});
