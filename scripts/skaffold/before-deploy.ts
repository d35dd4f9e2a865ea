/** Hook before a deploy: makes room for Jobs whose pod template has changed. See replace-jobs.ts. */
import { systemClock } from '../../services/shared/clock.ts';
import { parseConfig } from '../../services/shared/config.ts';
import { runProgram } from '../programs/run-program.ts';
import { hookSettings, NOTES } from './hook-settings.ts';
import { KubectlCluster } from './kubectl-cluster.ts';
import { NoteFile } from './note-file.ts';
import { replaceJobs } from './replace-jobs.ts';
import { runHook } from './run-hook.ts';

await runHook(async () => {
  const settings = parseConfig(hookSettings, process.env);
  const note = new NoteFile(NOTES).read(settings.SKAFFOLD_RUN_ID);
  if (note === undefined) {
    console.log(
      'The manifests were not rendered in this run, so Jobs are left as they are. If one has changed, delete it.',
    );
    return;
  }
  const cluster = new KubectlCluster(runProgram, settings.SKAFFOLD_KUBE_CONTEXT);
  await replaceJobs(note.jobs, cluster, {
    clock: systemClock,
    context: settings.SKAFFOLD_KUBE_CONTEXT,
    say: (message) => console.log(message),
    deadlineSeconds: settings.DEPLOY_JOB_SECONDS,
  });
});
