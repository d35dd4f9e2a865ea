import { z } from 'zod';
import { repositoryRoot } from '../stack/paths.ts';

/** Folder of the notes that the hooks of one run hand on. */
export const NOTES = `${repositoryRoot}/.cache/skaffold`;

const seconds = () => z.coerce.number().int('must be a whole number').min(0).max(86_400);

/** Settings of the hooks around a deploy. skaffold sets the first two. */
export const hookSettings = z.object({
  SKAFFOLD_KUBE_CONTEXT: z.string().describe('kubectl context that skaffold deploys to.'),
  SKAFFOLD_RUN_ID: z.string().describe('Name of the run, also the value of the label skaffold.dev/run-id.'),
  DEPLOY_JOB_SECONDS: seconds()
    .default(1_800)
    .describe('Longest wait for the running pods of a changed Job.'),
  DEPLOY_ROLLOUT_SECONDS: seconds()
    .default(600)
    .describe('Longest wait until all pods are ready after a deploy. 0: no wait.'),
});
