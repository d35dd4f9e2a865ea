import { expect, test } from '@jest/globals';
import { RolloutWorld } from '../../support/rollout-world.ts';

const LOADING_MILLISECONDS = 45_000;
const HOUR_MILLISECONDS = 3_600_000;

test('a good version passes although some pod of a large target is always new', async () => {
  const canary = { steps: [{ weightPercent: 10, minimumSamples: 50 }], stepDeadlineSeconds: 600 };
  const world = new RolloutWorld({ shadow: undefined, canary });
  await world.promote('1');
  world.target.scale(20);
  world.clock.advance(HOUR_MILLISECONDS);
  const own = world.hasLoaded.bind(world);
  world.hasLoaded = async (pod, ...rest) => {
    const loaded = await own(pod, ...rest);
    return loaded && world.serverNow() - Date.parse(pod.status?.startTime ?? '') >= LOADING_MILLISECONDS;
  };
  world.target.churnMilliseconds = 30_000;
  world.alias = '2';
  const weights = new Set<number | undefined>();
  world.onStatus = (_before, { candidate }) => weights.add(candidate?.weightPercent);
  const end = () => world.status.failed !== undefined || world.status.stable?.version === '2';
  await world.until('a verdict', end, 5_000);
  expect(world.status).toMatchObject({ stable: { version: '2' } });
  expect([...weights]).toEqual(expect.arrayContaining([0, 10, 100]));
});
