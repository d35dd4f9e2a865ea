import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import { RolloutWorld } from './rollout-world.ts';

/**
 * Every state that the operator stored in rollouts that go well, are refused in each phase, and are disturbed: real
 * statuses, for what reads them.
 */
export async function rolloutsOfAllPhases(): Promise<readonly ModelDeployment[]> {
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
  await steps(world, 20);
  world.registryDown = false;
  world.alias = '8';
  world.metricsDown = true;
  await steps(world, 20);
  world.edit({ suspend: true });
  await steps(world, 3);
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

function observed(seen: ModelDeployment[]): RolloutWorld {
  const world = new RolloutWorld();
  seen.push(world.modelDeployment());
  world.onStatus = (_before, status) => seen.push(structuredClone({ ...world.modelDeployment(), status }));
  return world;
}

async function steps(world: RolloutWorld, count: number): Promise<void> {
  for (let step = 0; step < count; step++) await world.step();
}
