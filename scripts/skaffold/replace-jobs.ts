import type { Clock } from '../../services/shared/clock.ts';
import { decideJob, type JobState } from './job-decision.ts';
import { type KubeObject, shownName } from './kube-object.ts';

const POLL_MILLISECONDS = 1_000;
const REPORT_MILLISECONDS = 15_000;

/** The calls to the cluster that replacing Jobs takes. */
export interface JobCluster {
  stateOf(job: KubeObject): Promise<JobState>;
  /** Resolves when the Job is gone. */
  deleteJob(job: KubeObject): Promise<void>;
}

export interface ReplaceOptions {
  readonly clock: Clock;
  /** Context that skaffold deploys to. The current context of kubectl may be another cluster. */
  readonly context: string;
  readonly say: (message: string) => void;
  /** Longest wait for the running pods of one Job. */
  readonly deadlineSeconds: number;
}

/**
 * Deletes each Job whose new manifest the API server would refuse, after its running pods have ended.
 * @throws Error that says what to do, if they do not end in time
 */
export async function replaceJobs(
  jobs: readonly KubeObject[],
  cluster: JobCluster,
  options: ReplaceOptions,
): Promise<void> {
  for (const job of jobs) await replaceJob(job, cluster, options);
}

async function replaceJob(job: KubeObject, cluster: JobCluster, options: ReplaceOptions): Promise<void> {
  const { clock, context, say, deadlineSeconds } = options;
  const name = shownName(job);
  const start = clock.monotonic();
  let nextReport = start;
  for (;;) {
    const decision = decideJob(await cluster.stateOf(job));
    if (decision.action === 'keep') return;
    if (decision.action === 'delete') {
      say(`${name} is deleted and created again: ${decision.why}`);
      return cluster.deleteJob(job);
    }
    const now = clock.monotonic();
    const waited = Math.round((now - start) / 1000);
    if (waited >= deadlineSeconds)
      throw new Error(
        `${name} was awaited for ${waited} s: ${decision.why}. Let it end, or delete it: ` +
          `kubectl --context ${context} --namespace ${job.metadata.namespace} delete ${name}`,
      );
    if (now >= nextReport) {
      say(`waiting for ${name}, at most ${deadlineSeconds - waited} s: ${decision.why}`);
      nextReport = now + REPORT_MILLISECONDS;
    }
    await clock.sleep(POLL_MILLISECONDS);
  }
}
