import { goAvailable } from '../support/third-party-definitions.ts';
import type { ClusterSettings } from './context-defaults.ts';
import { eksDryRun } from './eks-dry-run.ts';
import { firstDecision } from './first-decision.ts';
import { buildImages, checkImages, loadImages, tryImages } from './images.ts';
import { apply, foreignImages, installDefinitions, waitJobs, waitReady } from './install.ts';
import { kubectl } from './kubectl.ts';
import type { Steps } from './steps.ts';
import { systemFiles } from './system-files.ts';

/** Installs the system until it decides. Each step needs the steps before it. */
export async function install(steps: Steps, settings: ClusterSettings): Promise<void> {
  const files = systemFiles(settings);
  if (!settings.SKIP_BUILD) {
    await steps.require('images build', () => buildImages(settings));
    await steps.prove('images are small, have labels and start', () => checkImages(settings));
    await steps.prove('the images run as containers by themselves', tryImages);
    await steps.require('images load', () => loadImages(settings, foreignImages(files)));
  }
  await steps.require('definitions install', installDefinitions);
  if (await goAvailable()) await steps.prove('k8s/eks is accepted by the API server', eksDryRun);
  else console.error('NOT RUN: the dry run of k8s/eks; it needs Go to fetch the definitions');

  const applied = performance.now();
  await steps.require(
    'k8s/kind applies without a warning',
    async () => `${(await apply(files)).length} objects`,
  );
  await steps.require('secrets and streams are made', () => waitJobs(['secrets', 'kinesis-streams'], 180));
  await steps.require('the first model is trained and registered', async () => {
    await waitJobs(['first-model'], 600);
    const pods = (await kubectl(['get', 'pods', '--selector=job-name=first-model', '--output=name'])).trim();
    // The run waits for MLflow and its database. A failed pod would also leave the alert TrainingFailed pending.
    if (pods.includes('\n')) throw new Error(`more than one pod was needed: ${pods.replaceAll('\n', ', ')}`);
    return (await kubectl(['logs', pods, '--tail=1'])).trim().slice(0, 200);
  });
  await steps.require('every component is ready', () => waitReady(files, 240));
  await steps.require('kinesis-e2e gets a decision in the cluster', firstDecision);
  console.error(
    `         first decision ${Math.round((performance.now() - applied) / 1000)} s after the apply`,
  );
}
