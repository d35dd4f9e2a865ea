import { describe, expect, test } from '@jest/globals';
import {
  REQUEST_ANNOTATIONS,
  REQUESTED_BY,
  type Request,
} from '../../../../services/shared/agreements/request-annotations.ts';
import type { CanaryStep } from '../../../../services/shared/model-deployment/canary-step.ts';
import { RolloutWorld, SPEC } from '../../../support/rollout-world.ts';

async function canaryWith(first: Partial<CanaryStep>): Promise<RolloutWorld> {
  const steps = SPEC.canary?.steps.map((step, index) => (index === 0 ? { ...step, ...first } : step)) ?? [];
  const world = new RolloutWorld({ shadow: undefined, canary: { stepDeadlineSeconds: 60, steps } });
  await world.promote('1');
  world.alias = '2';
  await world.until('the step begins', () => world.status.candidate?.weightPercent === 10);
  return world;
}

function ask(world: RolloutWorld, request: Request, value: string | undefined, by: string): void {
  const { [REQUEST_ANNOTATIONS[request]]: _, ...others } = world.modelDeployment().metadata.annotations ?? {};
  const asked = value === undefined ? {} : { [REQUEST_ANNOTATIONS[request]]: value };
  world.mark({ annotations: { ...others, ...asked, [REQUESTED_BY[request]]: by } });
}

async function pass(world: RolloutWorld, seconds: number): Promise<void> {
  const end = world.clock.monotonic() + seconds * 1000;
  while (world.clock.monotonic() < end) await world.step();
}

function told(world: RolloutWorld): string[] {
  return (world.status.transitions ?? []).toReversed().map(({ reason, by }) => `${reason} by ${by}`);
}

describe('the record names', () => {
  test('who approved a step, whoever asked for something else before the step ended', async () => {
    const world = await canaryWith({ pause: {}, minimumDurationSeconds: 300 });
    ask(world, 'approveStep', '2:10 looks good', 'alice');
    await pass(world, 20);
    ask(world, 'pause', 'risk committee', 'bob');
    await pass(world, 20);
    ask(world, 'pause', undefined, 'carol');
    await world.until('the weight rises', () => world.status.candidate?.weightPercent === 50);
    expect(told(world)).toContain('StepApproved by alice');
  });

  test('who approved and who paused, although nobody looked between the two', async () => {
    const world = await canaryWith({ pause: {} });
    ask(world, 'approveStep', '2:10', 'alice');
    ask(world, 'pause', 'wait', 'mallory');
    await pass(world, 60);
    ask(world, 'pause', undefined, 'mallory');
    await world.until('the weight rises', () => world.status.candidate?.weightPercent === 50);
    expect(told(world)).toEqual(
      expect.arrayContaining(['PausedByRequest by mallory', 'Resumed by mallory', 'StepApproved by alice']),
    );
  });

  test('who paused and who ended the pause, also if another hold stands behind it', async () => {
    const world = await canaryWith({ minimumDurationSeconds: 600 });
    ask(world, 'pause', 'risk committee', 'bob');
    await pass(world, 20);
    ask(world, 'pause', undefined, 'carol');
    await pass(world, 20);
    expect(told(world).slice(-3)).toEqual([
      'PausedByRequest by bob',
      'Resumed by carol',
      'MinimumDuration by the operator',
    ]);
  });

  test('who set another reason for a pause', async () => {
    const world = await canaryWith({});
    ask(world, 'pause', 'first', 'alice');
    await pass(world, 20);
    ask(world, 'pause', 'second', 'bob');
    await pass(world, 20);
    expect(told(world).slice(-2)).toEqual(['PausedByRequest by alice', 'PausedByRequest by bob']);
  });

  test('a pause once, whatever other holds begin and end behind it', async () => {
    const world = await canaryWith({ minimumDurationSeconds: 100, pause: {} });
    ask(world, 'pause', 'first', 'alice');
    await pass(world, 30);
    const freeze = { from: '2000-01-01T00:00', to: '2100-01-01T00:00' };
    world.edit({ windows: { timeZone: 'UTC', freezes: [freeze] } });
    await pass(world, 120);
    world.edit({ windows: undefined });
    await pass(world, 30);
    expect(told(world).filter((line) => line.startsWith('PausedByRequest'))).toEqual([
      'PausedByRequest by alice',
    ]);
  });

  test('nobody for the end of a pause that ended with its rollout', async () => {
    const world = await canaryWith({});
    ask(world, 'pause', 'wait', 'alice');
    await pass(world, 20);
    ask(world, 'abort', '2', 'bob');
    await world.until('version 2 is refused', () => world.status.failed?.reason === 'Aborted');
    expect(told(world)).toContain('Resumed by the operator');
    expect(told(world)).toContain('AbortRequested by bob');
  });
});

test('no text of a person brings a control character or a line end into the record', async () => {
  const hostile = '\u001b[31m<!here>\n{"a":1}\u202e\u2028';
  const world = await canaryWith({ pause: {} });
  ask(world, 'pause', hostile, `al${hostile}ice`);
  await pass(world, 30);
  ask(world, 'abort', `2: ${hostile}`, `al${hostile}ice`);
  await world.until('version 2 is refused', () => world.status.failed?.reason === 'Aborted');
  const { transitions, conditions, failed } = world.status;
  const texts = [
    transitions?.flatMap(({ by, message }) => [by, message]),
    conditions?.map((it) => it.message),
  ];
  for (const text of [...texts.flat(), failed?.message])
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

describe('an approval of a step', () => {
  const PAUSED = { pause: {}, minimumDurationSeconds: 300 };

  test.each<[string, (world: RolloutWorld) => void]>([
    ['fails', (world) => world.flaws.set('2', 'errs when deciding')],
    ['is aborted', (world) => ask(world, 'abort', '2: complaints', 'bob')],
    ['is left by break glass', (world) => ask(world, 'rollback', 'previous', 'bob')],
  ])('that was set before its attempt %s does not count for the next attempt', async (_how, end) => {
    const world = await canaryWith(PAUSED);
    ask(world, 'approveStep', '2:10 looks good', 'alice');
    await pass(world, 20);
    end(world);
    await world.until('version 2 is refused', () => world.status.failed?.version === '2');
    world.flaws.set('2', 'none');
    await world.until('version 1 serves alone', () => world.settled);
    ask(world, 'retry', '2 again', 'bob');
    await world.until('the step begins again', () => world.status.candidate?.weightPercent === 10);
    await pass(world, 600);
    expect(world.status.candidate?.weightPercent).toBe(10);
    expect(told(world).filter((it) => it.startsWith('StepApproved '))).toEqual([]);
    const lapsed = world.status.transitions?.filter(({ reason }) => reason === 'StepApprovalLapsed');
    expect(lapsed).toMatchObject([{ message: expect.stringContaining('set by alice'), by: 'the operator' }]);
    ask(world, 'approveStep', '2:10 looks good now', 'carol');
    await world.until('the weight rises', () => world.status.candidate?.weightPercent === 50);
    expect(told(world)).toContain('StepApproved by carol');
  });

  test('does not count after the alias left its version and came back', async () => {
    const world = await canaryWith(PAUSED);
    ask(world, 'approveStep', '2:10', 'alice');
    await pass(world, 20);
    world.alias = '1';
    await world.until('version 2 is given up', () => world.status.candidate === undefined);
    world.alias = '2';
    await world.until('the step begins again', () => world.status.candidate?.weightPercent === 10);
    await pass(world, 600);
    expect(world.status.candidate?.weightPercent).toBe(10);
  });

  test('of another version stays good while this version ends, and counts before its rollout begins', async () => {
    const world = await canaryWith({ pause: {} });
    ask(world, 'approveStep', '3:10', 'alice');
    await pass(world, 60);
    world.alias = '3';
    await world.until('version 3 goes on', () => world.status.candidate?.weightPercent === 50);
    expect(told(world)).toContain('StepApproved by alice');
  });
});

describe('an abort without effect', () => {
  function ignored(world: RolloutWorld) {
    return world.status.transitions?.filter(({ reason }) => reason === 'AbortIgnored');
  }

  test.each(['stop it, complaints', '', '20: complaints', '1'])('says so: %j', async (value) => {
    const world = await canaryWith({ pause: {} });
    ask(world, 'abort', value, 'alice');
    await pass(world, 60);
    expect(world.status.candidate?.version).toBe('2');
    expect(ignored(world)).toMatchObject([
      { by: 'alice', message: expect.stringMatching(/no effect.*"2: /) },
    ]);
    expect(told(world)).not.toContain('AbortRequested by alice');
    const events = world.events.filter(({ reason }) => reason === 'AbortIgnored');
    expect(events).toMatchObject([{ type: 'Warning', message: expect.stringMatching(/no effect.*"2: /) }]);
  });

  test('says so if the version is stable already', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    await world.promote('2');
    ask(world, 'abort', '2: too late', 'alice');
    await world.look();
    expect(ignored(world)).toMatchObject([{ by: 'alice', message: expect.stringContaining('roll back') }]);
  });
});
