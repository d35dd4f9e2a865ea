import {
  REQUEST_ANNOTATIONS,
  REQUESTED_BY,
  type Request,
} from '../../services/shared/agreements/request-annotations.ts';
import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import { type ModelDeploymentSpec, specSchema } from '../../services/shared/model-deployment/spec.ts';
import { digestOf, RolloutWorld, SPEC } from './rollout-world.ts';
import { type SigningPerson, signingPerson } from './signing-person.ts';

/**
 * Every state that the operator stored in rollouts that go well, are refused in each phase, and are disturbed: real
 * statuses, for what reads them.
 */
export async function rolloutsOfAllPhases(): Promise<readonly ModelDeployment[]> {
  return [...(await unattended()), ...(await withPeople())];
}

/** Rollouts that nobody holds: they go well, are refused in each phase, and are disturbed. */
async function unattended(): Promise<readonly ModelDeployment[]> {
  const seen: ModelDeployment[] = [];
  const world = observed(seen);
  await world.step();
  await world.step();
  await world.promote('1');
  await world.promote('2');
  await world.promote('3', 'refused by verification');
  await world.promote('4', 'flips decisions');
  await world.promote('5', 'errs when deciding');
  await world.promote('6', 'never becomes ready');
  await world.promote('7', 'errs in service');
  await world.promote('1');
  world.registryDown = true;
  await pass(world, 20);
  world.registryDown = false;
  world.alias = '8';
  world.metricsDown = true;
  await pass(world, 20);
  world.edit({ suspend: true });
  await pass(world, 3);
  return seen;
}

/** The first of these states that has the phase, and whatever else is asked for. */
export function stateIn(
  states: readonly ModelDeployment[],
  phase: string,
  has: (object: ModelDeployment) => boolean = () => true,
): ModelDeployment {
  const found = states.find((object) => object.status?.phase === phase && has(object));
  if (found !== undefined) return found;
  throw new Error(`no rollout was in phase ${phase} as asked for`);
}

/** Rollouts in which people approve, pause, abort and go back. */
async function withPeople(): Promise<readonly ModelDeployment[]> {
  const seen: ModelDeployment[] = [];
  const alice = signingPerson('alice');
  const bob = signingPerson('bob');
  const { approval } = specSchema.parse({
    ...SPEC,
    approval: { required: 2, publicKeys: { configMap: 'promotion-keys' } },
  });
  const steps = [
    { weightPercent: 10, minimumSamples: 50, minimumDurationSeconds: 30, pause: {} },
    { weightPercent: 50, minimumSamples: 50, pause: { durationSeconds: 20 } },
  ];
  const world = observed(seen, { approval, canary: { steps, stepDeadlineSeconds: 60 } });
  world.keys = { kind: 'read', keys: [alice.key, bob.key], faults: [] };
  const sign = (version: string, person: SigningPerson) => {
    const at = new Date(world.serverNow()).toISOString();
    const about = { model: 'loan-eligibility', version, digest: digestOf(version), alias: 'champion' };
    const tag = person.sign({
      kind: 'promote',
      ...about,
      actor: `${person.name} Example`,
      reason: 'monthly',
      at,
    });
    world.registry.tag(version, tag.key, tag.value);
  };
  const ask = (request: Request, value: string) => {
    world.annotate(REQUESTED_BY[request], 'grace');
    world.annotate(REQUEST_ANNOTATIONS[request], value);
  };
  const held = (reason: string) =>
    world.until(`it is held: ${reason}`, () =>
      Boolean(
        world.status.conditions?.some(
          (it) => it.type === 'Held' && it.status === 'True' && it.reason === reason,
        ),
      ),
    );
  const serves = (version: string) =>
    world.until(
      `version ${version} serves`,
      () => world.status.phase === 'Stable' && world.status.stable?.version === version,
    );

  world.alias = '1';
  await world.until('version 1 waits for its approval', () => world.status.phase === 'AwaitingApproval');
  sign('1', alice);
  await pass(world, 5);
  sign('1', bob);
  await serves('1');
  world.alias = '2';
  await world.until('version 2 waits for its approval', () => world.status.phase === 'AwaitingApproval');
  for (const person of [alice, bob]) sign('2', person);
  await held('MinimumDuration');
  await held('AwaitingStepApproval');
  ask('approveStep', '2:10');
  await held('StepPause');
  await serves('2');
  for (const person of [alice, bob]) sign('3', person);
  world.alias = '3';
  await held('AwaitingStepApproval');
  ask('pause', 'quarter end');
  await held('PausedByRequest');
  ask('abort', '3 wrong data');
  await world.until('version 3 is given up', () => world.status.failed?.reason === 'Aborted');
  ask('rollback', 'previous');
  await world.until('version 2 is left', () => world.status.stable?.version === '1');
  await pass(world, 10);
  world.edit({ pin: { version: '2', digest: digestOf('2'), reason: 'the regulator asks' } });
  await world.until('version 2 is restored', () => world.status.stable?.version === '2');
  await pass(world, 10);
  world.edit({ pin: { version: '9', digest: digestOf('9') } });
  await pass(world, 5);
  world.edit({ pin: undefined });
  for (const person of [alice, bob]) sign('4', person);
  world.alias = '4';
  await held('PausedByRequest');
  await world.until('version 4 is approved', () => world.status.phase === 'AwaitingApproval');
  await pass(world, 3);
  return seen;
}

function observed(seen: ModelDeployment[], spec: Partial<ModelDeploymentSpec> = {}): RolloutWorld {
  const world = new RolloutWorld(spec);
  seen.push(world.modelDeployment());
  world.onStatus = (_before, status) => seen.push(structuredClone({ ...world.modelDeployment(), status }));
  return world;
}

async function pass(world: RolloutWorld, count: number): Promise<void> {
  for (let step = 0; step < count; step++) await world.step();
}
