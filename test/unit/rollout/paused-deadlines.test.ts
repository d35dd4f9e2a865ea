import { describe, expect, test } from '@jest/globals';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import { RolloutWorld } from '../../support/rollout-world.ts';

interface Wait {
  readonly spec?: Partial<ModelDeploymentSpec>;
  /** Makes the rollout of version 2 wait for something that never comes. */
  readonly block: (world: RolloutWorld) => void;
  readonly waits: (world: RolloutWorld) => boolean;
  readonly deadlineSeconds: number;
  /** The deadline while outages come again and again. @default deadlineSeconds */
  readonly brokenSeconds?: number;
}

/** The Deployment has no verdict of its own on the rollout of its pods. */
function withoutVerdict(world: RolloutWorld): void {
  const read = world.target.read.bind(world.target);
  world.target.read = (name) => {
    const deployment = read(name);
    return deployment && { ...deployment, status: { ...deployment.status, conditions: [] } };
  };
}

const CANARY = { steps: [{ weightPercent: 10, minimumSamples: 50 }], stepDeadlineSeconds: 600 };
const SLOW = { shadow: undefined, canary: CANARY };

const WAITS: Record<string, Wait> = {
  Verifying: {
    block: (world) => {
      world.createJob = async () => {};
    },
    waits: ({ status }) => status.phase === 'Verifying',
    deadlineSeconds: 660,
  },
  Shadowing: {
    spec: { shadow: { ...shadowSpec(), deadlineSeconds: 600 } },
    block: (world) => world.flaws.set('2', 'gives no metrics'),
    waits: ({ status }) => status.phase === 'Shadowing',
    deadlineSeconds: 600,
  },
  'Canary at 0 %': {
    spec: SLOW,
    block: (world) => world.flaws.set('2', 'never loads'),
    waits: ({ status }) => status.phase === 'Canary',
    deadlineSeconds: 600,
    brokenSeconds: 1200,
  },
  'Canary at 10 %': {
    spec: SLOW,
    block: (world) => world.flaws.set('2', 'gives no metrics'),
    waits: ({ status }) => status.phase === 'Canary' && status.candidate?.weightPercent === 10,
    deadlineSeconds: 600,
  },
  Promoting: {
    spec: { shadow: undefined, canary: undefined },
    block: (world) => {
      withoutVerdict(world);
      world.flaws.set('2', 'never becomes ready');
    },
    waits: ({ status }) => status.phase === 'Promoting' && status.candidate?.weightPercent === 100,
    deadlineSeconds: 600,
  },
  'Promoting with a paused Deployment': {
    spec: { shadow: undefined, canary: undefined },
    block: ({ target }) => {
      target.paused = true;
    },
    waits: ({ status }) => status.phase === 'Promoting' && status.candidate?.weightPercent === 100,
    deadlineSeconds: 600,
  },
  Soaking: {
    spec: { shadow: undefined, canary: undefined, soakSeconds: 300 },
    block: (world) => world.flaws.set('2', 'gives no metrics'),
    waits: ({ status }) => status.phase === 'Soaking',
    deadlineSeconds: 600,
  },
};

function shadowSpec() {
  const { shadow } = new RolloutWorld().modelDeployment().spec;
  if (shadow === undefined) throw new Error('the world has a shadow phase');
  return shadow;
}

async function waitingWorld(wait: string): Promise<{ world: RolloutWorld; known: Wait }> {
  const known = WAITS[wait];
  if (known === undefined) throw new Error(`no wait ${wait}`);
  const world = new RolloutWorld(known.spec);
  world.watchesCluster = true;
  await world.promote('1');
  known.block(world);
  world.alias = '2';
  await world.until(wait, () => known.waits(world), 2000);
  return { world, known };
}

/** Seconds until the wait ends. `each` happens before each step. */
async function secondsToEnd(world: RolloutWorld, { waits }: Wait, each: () => void): Promise<number> {
  const start = world.clock.monotonic();
  await world.until(
    'the end',
    () => {
      each();
      return !waits(world);
    },
    20_000,
  );
  return (world.clock.monotonic() - start) / 1000;
}

/** Lets something happen for 15 s in each period. */
function nowAndThen(world: RolloutWorld, seconds: number, happen: (on: boolean) => void): () => void {
  return () => {
    const second = world.clock.monotonic() / 1000;
    happen(second % seconds < 15);
  };
}

describe.each(Object.keys(WAITS))('the deadline of %s', (wait) => {
  test('goes on after each short outage of MLflow', async () => {
    const { world, known } = await waitingWorld(wait);
    const blip = nowAndThen(world, 100, (on) => {
      world.registryDown = on;
    });
    const deadlineSeconds = known.brokenSeconds ?? known.deadlineSeconds;
    const seconds = await secondsToEnd(world, known, blip);
    expect(seconds).toBeGreaterThanOrEqual(deadlineSeconds - 60);
    expect(seconds).toBeLessThanOrEqual(1.5 * deadlineSeconds);
  });

  test('does not run in a long outage of MLflow', async () => {
    const { world, known } = await waitingWorld(wait);
    world.registryDown = true;
    const end = world.clock.monotonic() + 5 * known.deadlineSeconds * 1000;
    await world.until('the outage is over', () => world.clock.monotonic() >= end, 20_000);
    expect(known.waits(world)).toBe(true);
    world.registryDown = false;
    await world.step();
    const seconds = await secondsToEnd(world, known, () => {});
    expect(seconds).toBeGreaterThanOrEqual(known.deadlineSeconds / 2);
  });

  test('goes on after each restart of the operator', async () => {
    const { world, known } = await waitingWorld(wait);
    let restartedAt = world.clock.monotonic();
    const seconds = await secondsToEnd(world, known, () => {
      if (world.clock.monotonic() - restartedAt < 200_000) return;
      restartedAt = world.clock.monotonic();
      world.restart();
    });
    expect(seconds).toBeGreaterThanOrEqual(known.deadlineSeconds - 60);
    expect(seconds).toBeLessThanOrEqual(1.5 * known.deadlineSeconds);
  });

  test('does not run while no leader acts', async () => {
    const { world, known } = await waitingWorld(wait);
    world.clock.advance(100_000_000);
    world.restart();
    await world.step();
    await world.step();
    expect(known.waits(world)).toBe(true);
  });
});

test('a version that served well waits for a paused Deployment without a write', async () => {
  const world = new RolloutWorld({ shadow: undefined, canary: undefined, analysis: undefined });
  await world.promote('1');
  await world.promote('2');
  world.target.paused = true;
  world.alias = '1';
  const hour = world.clock.monotonic() + 3_600_000;
  await world.until('an hour', () => world.clock.monotonic() >= hour, 20_000);
  const { writes } = world;
  await world.until('another hour', () => world.clock.monotonic() >= hour + 3_600_000, 20_000);
  expect(world.status).toMatchObject({ phase: 'Promoting', candidate: { version: '1' } });
  expect(world.writes).toBe(writes);
});

test('a verification that the API server denied for long has its whole time afterwards', async () => {
  const world = new RolloutWorld();
  await world.promote('1');
  world.denials.deny('create job', 403);
  world.alias = '2';
  await world.until('Verifying', () => world.status.phase === 'Verifying');
  const end = world.clock.monotonic() + 7_200_000;
  await world.until('two hours', () => world.clock.monotonic() >= end, 20_000);
  world.denials.allowAll();
  await world.until('the end', () => world.settled);
  expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '2' } });
});

test('pods that had no pin for long have their whole time once a new leader sets the pin', async () => {
  const world = new RolloutWorld();
  world.denials.deny('pin', 403);
  world.alias = '1';
  await world.until('the candidate', () => world.status.phase === 'Promoting');
  const end = world.clock.now() + 900_000;
  await world.until('15 minutes', () => world.clock.now() >= end);
  world.denials.allowAll();
  world.restart();
  await world.until('the end', () => world.settled);
  expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1' } });
});
