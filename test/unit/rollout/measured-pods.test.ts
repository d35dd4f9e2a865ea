import { expect, test } from '@jest/globals';
import { KubernetesError } from '../../../services/shared/kubernetes/kubernetes-error.ts';
import { RolloutWorld } from '../../support/rollout-world.ts';

/** A world whose canary has a weight, and which notes the queries from then on. */
async function inCanary(minimumSamples: number) {
  const canary = { steps: [{ weightPercent: 50, minimumSamples }], stepDeadlineSeconds: 600 };
  const world = new RolloutWorld({ shadow: undefined, canary });
  await world.promote('1');
  world.alias = '2';
  await world.until('the first step', () => world.status.candidate?.weightPercent === 50);
  const asked: string[] = [];
  const own = world.query.bind(world);
  world.query = async (url: string, promql: string) => {
    asked.push(promql);
    return own(url, promql);
  };
  return { world, asked };
}

function podsIn(promql: string | undefined): string[] {
  return (
    /pod=~"([^"]*)"/
      .exec(promql ?? '')?.[1]
      ?.split('|')
      .sort() ?? []
  );
}

async function names(world: RolloutWorld): Promise<string[]> {
  return (await world.pods('app=inference')).map(({ metadata }) => metadata.name).sort();
}

test('a pod that is replaced in a step does not take its errors out of the measurement', async () => {
  const { world, asked } = await inCanary(1_000);
  const before = await names(world);
  world.simulatedPods = [...world.simulatedPods.slice(1), world.newPod(world.currentPin)];
  const after = await names(world);
  expect(after).not.toEqual(before);
  asked.length = 0;
  await world.until('a measurement', () => asked.some((promql) => promql.includes('decisions_total')));
  expect(podsIn(asked.find((promql) => promql.includes('decisions_total')))).toEqual(
    [...new Set([...before, ...after])].sort(),
  );
});

test('a pod that was replaced before the operator started takes no errors out of the measurement', async () => {
  const { world, asked } = await inCanary(1_000);
  const [gone] = world.simulatedPods;
  world.simulatedPods = [...world.simulatedPods.slice(1), world.newPod(world.currentPin)];
  world.restart();
  asked.length = 0;
  await world.until('a measurement', () => asked.some((promql) => promql.includes('decisions_total')));
  const matched = podsIn(asked.find((promql) => promql.includes('decisions_total')));
  expect(gone?.name).toMatch(new RegExp(`^(?:${matched.join('|')})$`));
  expect('inference-backfill-x9z8y').not.toMatch(new RegExp(`^(?:${matched.join('|')})$`));
});

test('a bad candidate loses its keys although the API server does not give the pods', async () => {
  const { world } = await inCanary(50);
  world.pods = async () => {
    throw new KubernetesError('forbidden', { status: 403, reason: 'Forbidden' });
  };
  for (let step = 0; step < 20; step++) await world.step();
  // Good values prove nothing, because they may be of other pods.
  expect(world.status.candidate?.weightPercent).toBe(50);
  const reachable = world.status.conditions?.find(({ type }) => type === 'MetricsReachable');
  expect(reachable).toMatchObject({ status: 'False', reason: 'MetricsPartial' });
  world.flaws.set('2', 'errs when deciding');
  const badSince = world.clock.now();
  await world.until('the candidate is refused', () => world.status.failed?.version === '2');
  expect(world.status.failed?.reason).toBe('CanaryFailed');
  expect(world.clock.now() - badSince).toBeLessThanOrEqual(30_000);
});
