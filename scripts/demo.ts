/** `make demo`: trains, serves, streams, retrains, promotes under load and reports. Then it stops all that it started. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { CHAMPION_ALIAS, SYSTEM_NAME } from '../services/shared/agreements/kubernetes-names.ts';
import { STREAM_NAMES } from '../services/shared/agreements/stream-names.ts';
import { systemClock } from '../services/shared/clock.ts';
import { ModelRegistry } from '../services/shared/mlflow/model-registry.ts';
import { Ledger } from './demo/ledger.ts';
import { brokenPromises, type DemoReport, reportTable } from './demo/report.ts';
import { type WorkItem, workload } from './demo/workload.ts';
import { putAll } from './kinesis/put-all.ts';
import { StreamTail } from './kinesis/stream-tail.ts';
import { startInference } from './stack/inference.ts';
import { emulatorClient } from './stack/kinesis-endpoint.ts';
import { repositoryRoot } from './stack/paths.ts';
import { Progress } from './stack/progress.ts';
import { runWithStack } from './stack/run-with-stack.ts';
import { startServers } from './stack/start-servers.ts';
import { generateApplications, QUICK, runTraining } from './stack/training.ts';

const APPLICATIONS = 5_000;
const CHUNK = 100;
const CHUNK_INTERVAL_MILLISECONDS = 150;
/** The alias moves after this share of the applications. */
const PROMOTE_AFTER = 0.4;
const ANSWER_TIMEOUT_MILLISECONDS = 60_000;

const directory = `${repositoryRoot}/.demo`;

await runWithStack(async (stack) => {
  const startedAt = performance.now();
  const progress = new Progress();
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const { mlflow, kinesis } = await startServers(stack, directory, progress);
  const train = (name: string, ...args: string[]) =>
    runTraining({ mlflowUrl: mlflow.url, directory, name, arguments: args });

  progress.say('training the first model (synthetic data, a short search)');
  const first = await train('first', '--data=synthetic:614:7', ...QUICK, '--promote=if-not-worse');
  progress.say(`version ${first.version}: ${first.reason}`);
  if (!first.promoted) throw new Error(`the first model was not promoted: ${first.reason}`);

  progress.say('starting the inference service and retraining on new data');
  const streams = STREAM_NAMES;
  const inference = stack.use(
    await startInference({ directory, mlflowUrl: mlflow.url, kinesisUrl: kinesis.url, streams }),
  );
  const [second, applications] = await Promise.all([
    train('second', '--data=synthetic:1200:8', ...QUICK, '--promote=never'),
    generateApplications({ directory, rows: APPLICATIONS, seed: 9 }),
    inference.ready(60_000),
  ]);
  progress.say(
    `version ${second.version} is registered as challenger; inference is ready at ${inference.url}`,
  );

  const client = emulatorClient(kinesis.url);
  stack.defer(() => client.destroy());
  const ledger = new Ledger();
  const stopFollowing = new AbortController();
  const tails = await Promise.all(
    [streams.output, streams.rejects].map((name) => StreamTail.open(client, name)),
  );
  const following = Promise.all(
    tails.map((tail) => tail.follow((record) => ledger.answered(record), stopFollowing.signal)),
  );

  const registry = new ModelRegistry({ url: mlflow.url });
  let movedAt: number | undefined;
  const send = async (items: readonly WorkItem[]): Promise<void> => {
    const sentAt = Date.now();
    const receipts = await putAll(client, streams.input, items);
    for (const [index, receipt] of receipts.entries()) {
      const item = items[index];
      if (item) ledger.sent(receipt, item, sentAt);
    }
  };
  const items = workload(applications);
  progress.say(`streaming ${items.length} applications`);
  for (let index = 0; index < items.length; index += CHUNK) {
    const pause = systemClock.sleep(CHUNK_INTERVAL_MILLISECONDS);
    if (movedAt === undefined && index >= items.length * PROMOTE_AFTER) {
      await registry.setAlias(SYSTEM_NAME, CHAMPION_ALIAS, second.version);
      movedAt = Date.now();
      progress.say(`${index} sent; alias champion moved to version ${second.version}`);
    }
    await send(items.slice(index, index + CHUNK));
    await pause;
  }

  progress.say('all sent; waiting for the last answers');
  const deadline = performance.now() + ANSWER_TIMEOUT_MILLISECONDS;
  while (ledger.outstanding > 0 && performance.now() < deadline) await systemClock.sleep(100);
  stopFollowing.abort();
  await following;

  const firstByNew = ledger.firstDecisionBy(second.version);
  const report: DemoReport = {
    ...ledger.summary(),
    versionBefore: first.version,
    versionAfter: second.version,
    firstDecisionByNewVersionMilliseconds:
      firstByNew === undefined || movedAt === undefined ? null : Math.round(firstByNew - movedAt),
    totalSeconds: (performance.now() - startedAt) / 1000,
  };
  await writeFile(`${directory}/report.json`, `${JSON.stringify(report, null, 2)}\n`);
  progress.say('done; stopping what was started');
  console.log(`\n${reportTable(report)}\n\n  The same as JSON: .demo/report.json; logs beside it.\n`);
  const broken = brokenPromises(report);
  for (const promise of broken) console.error(`FAILED: ${promise}`);
  return broken.length === 0 ? 0 : 1;
});
