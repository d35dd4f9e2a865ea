/** `make demo ROLLOUT=1`: good versions pass their gates under traffic, a bad one is refused. Without a cluster. */
import { mkdir, rm } from 'node:fs/promises';
import { CHAMPION_ALIAS, SYSTEM_NAME } from '../services/shared/agreements/kubernetes-names.ts';
import { STREAM_NAMES } from '../services/shared/agreements/stream-names.ts';
import { ModelRegistry } from '../services/shared/mlflow/model-registry.ts';
import { RolloutWatch } from './rollout/rollout-watch.ts';
import { startRollout } from './rollout/start-rollout.ts';
import { Traffic } from './rollout/traffic.ts';
import { repositoryRoot } from './stack/paths.ts';
import { Progress } from './stack/progress.ts';
import { runWithStack } from './stack/run-with-stack.ts';
import { startServers } from './stack/start-servers.ts';
import { generateApplications, QUICK, runTraining } from './stack/training.ts';

const directory = `${repositoryRoot}/.demo`;

await runWithStack(async (stack) => {
  const progress = new Progress();
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const servers = await startServers(stack, directory, progress);
  const streams = STREAM_NAMES;
  const train = (name: string, data: string) =>
    runTraining({
      mlflowUrl: servers.mlflow.url,
      directory,
      name,
      arguments: [`--data=${data}`, ...QUICK, '--promote=never', '--no-report'],
    });
  const rollout = await startRollout(stack, servers, { directory, model: SYSTEM_NAME, streams }, progress);
  const watch = stack.use(new RolloutWatch(rollout, (message) => progress.say(message)));
  const registry = new ModelRegistry({ url: servers.mlflow.url });
  const move = (version: string) => registry.setAlias(SYSTEM_NAME, CHAMPION_ALIAS, version);
  const stable = (version: string) =>
    watch.until(
      `version ${version} is stable`,
      ({ phase, stable }) => phase === 'Stable' && stable?.version === version,
    );

  progress.say('training version 1');
  const first = await train('first', 'synthetic:1500:7');
  await move(first.version);
  progress.say('training');
  const [second, applications] = await Promise.all([
    train('second', 'synthetic:2000:8'),
    generateApplications({ directory, rows: 5_000, seed: 9 }),
  ]);
  const third = await train('third', 'synthetic:2500:9');
  await stable(first.version);
  const traffic = stack.use(new Traffic({ kinesisUrl: servers.kinesis.url, streams, applications }));
  await traffic.start();
  progress.say('traffic');
  await move(second.version);
  await stable(second.version);
  await move(third.version);
  await stable(third.version);
  await traffic.finish();
  console.log(traffic.ledger.summary());
  console.log(JSON.stringify(watch.status, null, 1));
  return 0;
});
