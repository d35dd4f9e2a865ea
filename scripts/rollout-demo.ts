/** `make demo ROLLOUT=1`: promotions through their gates under traffic, without a cluster. Then it stops all it started. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { CHAMPION_ALIAS, SYSTEM_NAME } from '../services/shared/agreements/kubernetes-names.ts';
import { STREAM_NAMES } from '../services/shared/agreements/stream-names.ts';
import { systemClock } from '../services/shared/clock.ts';
import type { ModelDeployment } from '../services/shared/model-deployment/model-deployment.ts';
import { workload } from './demo/workload.ts';
import { picture } from './mdep/draw/picture.ts';
import { PLAIN } from './mdep/draw/style.ts';
import { rolloutView } from './mdep/view/rollout-view.ts';
import { declineLargerLoans } from './rollout/bad-data.ts';
import type { DemoSigner, SignedVersion } from './rollout/demo-signer.ts';
import { accountLines, brokenRolloutPromises, type RolloutReport } from './rollout/rollout-report.ts';
import { startSignedRollout } from './rollout/start-signed-rollout.ts';
import { storyLines } from './rollout/story.ts';
import { Traffic } from './rollout/traffic.ts';
import { repositoryRoot } from './stack/paths.ts';
import { Progress } from './stack/progress.ts';
import { runWithStack } from './stack/run-with-stack.ts';
import { generateApplications, generateRows, QUICK, runTraining } from './stack/training.ts';

const APPLICATIONS = 5_000;
const RECORDS_A_SECOND = 150;
/** For how long the version with one signature is shown as it waits. */
const HELD_MILLISECONDS = 5_000;
const PICTURE_WIDTH = 110;

const model = SYSTEM_NAME;
const streams = STREAM_NAMES;
const directory = `${repositoryRoot}/.demo`;

await runWithStack(async (stack) => {
  const startedAt = performance.now();
  const progress = new Progress();
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  progress.say('starting etcd and kube-apiserver too');
  const { servers, registry, ada, grace, watch } = await startSignedRollout(
    stack,
    { directory, model, streams, context: 'demo', required: 2 },
    progress,
  );
  const { mlflow, kinesis } = servers;
  const train = (name: string, data: string) =>
    runTraining({
      mlflowUrl: mlflow.url,
      directory,
      name,
      arguments: [`--data=${data}`, ...QUICK, '--promote=never', '--no-report'],
    });
  const trainBadly = async () => {
    const rows = await generateRows({ directory, rows: 1_500, seed: 10 });
    await declineLargerLoans(rows, `${directory}/biased.csv`);
    return train('fourth', `${directory}/biased.csv`);
  };
  const promote = async (version: SignedVersion, signers: readonly DemoSigner[], reason: string) => {
    for (const signer of signers) await signer.approve(registry, model, version, reason);
    await registry.setAlias(model, CHAMPION_ALIAS, version.version);
    const names = signers.map(({ name }) => name).join(' and ');
    progress.say(`version ${version.version}: signed by ${names}; alias ${CHAMPION_ALIAS} moved`);
  };
  const serves = (version: string) =>
    watch.until(
      `version ${version} passes its gates`,
      ({ phase, stable }) => phase === 'Stable' && stable?.version === version,
    );

  progress.say('training the first model (synthetic data, a short search)');
  const [first, applications] = await Promise.all([
    train('first', 'synthetic:1500:7'),
    generateApplications({ directory, rows: APPLICATIONS, seed: 9 }),
  ]);
  await promote(first, [ada, grace], 'the first version');
  const trainsSecond = started(train('second', 'synthetic:2000:8'));
  await watch.until('version 1 serves', ({ stable }) => stable !== undefined);
  const items = workload(applications);
  const traffic = stack.use(
    new Traffic({ kinesisUrl: kinesis.url, streams, items, recordsPerSecond: RECORDS_A_SECOND }),
  );
  await traffic.start();
  progress.say(`streaming ${RECORDS_A_SECOND} applications a second to two pods; training the next model`);
  await serves(first.version);

  const second = await trainsSecond;
  await promote(second, [ada, grace], 'trained on more data');
  const [third] = await Promise.all([train('third', 'synthetic:2500:9'), serves(second.version)]);

  await promote(third, [ada], 'trained on the data of this month');
  await watch.until('version 3 waits for its second signature', ({ phase }) => phase === 'AwaitingApproval');
  const trainsFourth = started(trainBadly());
  await systemClock.sleep(HELD_MILLISECONDS);
  const held = pictureOf(watch.object);
  await grace.approve(registry, model, third, 'read the model card');
  progress.say(`version ${third.version}: signed by grace`);
  const [fourth] = await Promise.all([trainsFourth, serves(third.version)]);

  await promote(fourth, [ada, grace], 'both signed, and neither saw that its data decline every larger loan');
  await watch.until('version 4 is refused', ({ failed }) => failed?.version === fourth.version);
  await watch.until(
    'no pod has version 4',
    ({ phase, candidate }) => phase === 'RolledBack' && candidate === undefined,
  );
  progress.say('waiting for the last answers');
  await traffic.finish();

  const report: RolloutReport = {
    ...traffic.ledger.summary(),
    served: [first, second, third].map(({ version }) => version),
    refused: { version: fourth.version, reason: watch.status.failed?.reason ?? '' },
    transitions: watch.transitions,
    totalSeconds: (performance.now() - startedAt) / 1000,
  };
  await writeFile(`${directory}/rollout-report.json`, `${JSON.stringify(report, null, 2)}\n`);
  progress.say('done; stopping what was started');
  console.log('\nWhile version 3 waited, `kubectl mdep status` showed:\n');
  console.log(held);
  console.log('\nThe story, from status.transitions:\n');
  console.log(storyLines(report.transitions).join('\n'));
  console.log(
    `\n${accountLines(report)
      .map((line) => `  ${line}`)
      .join('\n')}`,
  );
  console.log('\n  The same as JSON: .demo/rollout-report.json; logs beside it.\n');
  const broken = brokenRolloutPromises(report);
  for (const promise of broken) console.error(`FAILED: ${promise}`);
  return broken.length === 0 ? 0 : 1;
});

/** Lets work go on beside other steps. Its error shows where it is awaited. */
function started<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

function pictureOf(object: ModelDeployment | undefined): string {
  const now = Date.now();
  const canvas = { style: PLAIN, width: PICTURE_WIDTH, now };
  return object === undefined ? '' : picture(rolloutView(object, now), canvas).join('\n');
}
