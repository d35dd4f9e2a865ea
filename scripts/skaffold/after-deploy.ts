/** Hook after a deploy: leaves no Job missing, and waits until the pods are new and ready. */
import { systemClock } from '../../services/shared/clock.ts';
import { parseConfig } from '../../services/shared/config.ts';
import { runProgram } from '../programs/run-program.ts';
import { awaitRollout } from './await-rollout.ts';
import { staysAfterEnd } from './deploy-note.ts';
import { hookSettings, NOTES } from './hook-settings.ts';
import { shownName } from './kube-object.ts';
import { KubectlCluster } from './kubectl-cluster.ts';
import { NoteFile } from './note-file.ts';
import { runHook } from './run-hook.ts';

await runHook(async () => {
  const settings = parseConfig(hookSettings, process.env);
  const note = new NoteFile(NOTES).read(settings.SKAFFOLD_RUN_ID);
  if (note === undefined) {
    console.log('The manifests were not rendered in this run, so no rollout is awaited.');
    return;
  }
  const cluster = new KubectlCluster(runProgram, settings.SKAFFOLD_KUBE_CONTEXT);
  // skaffold applies only manifests that changed since its last deploy. A Job that was deleted since is not among them.
  for (const job of note.jobs.filter(staysAfterEnd))
    if (await cluster.createMissing(job)) console.log(`${shownName(job)} was missing and is created`);
  if (settings.DEPLOY_ROLLOUT_SECONDS === 0)
    return console.log('DEPLOY_ROLLOUT_SECONDS is 0: no rollout is awaited');
  await awaitRollout(note.workloads, (namespace) => cluster.list(namespace), {
    clock: systemClock,
    say: (message) => console.log(message),
    deadlineSeconds: settings.DEPLOY_ROLLOUT_SECONDS,
  });
  console.log('all pods are new and ready');
});
