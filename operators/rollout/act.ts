import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import type { Cluster } from './cluster/cluster.ts';
import { readTarget } from './cluster/target.ts';
import { verificationJob, verificationJobName } from './cluster/verification-job.ts';
import { isFinished } from './cluster/verification-result.ts';
import { desiredPin } from './decision/desired-pin.ts';

/**
 * Brings the cluster in line with the recorded status: the pin of the target and the Job of the candidate. It reads only
 * recorded state, and a repetition has no effect. So the next leader does the same.
 */
export async function act(
  cluster: Cluster,
  object: ModelDeployment,
  command: readonly string[],
): Promise<void> {
  await pinTarget(cluster, object);
  await keepOneJob(cluster, object, command);
}

async function pinTarget(cluster: Cluster, { spec, status = {} }: ModelDeployment): Promise<void> {
  const { deployment, container } = spec.target;
  const target = readTarget(spec.target, cluster.deployment(deployment));
  if (target.kind === 'missing') return;
  const wanted = desiredPin(status, target.pin);
  if (target.pin?.version === wanted?.version && target.pin?.digest === wanted?.digest) return;
  await cluster.pin(deployment, container, wanted);
}

async function keepOneJob(
  cluster: Cluster,
  object: ModelDeployment,
  command: readonly string[],
): Promise<void> {
  const { phase, candidate } = object.status ?? {};
  const verifying = phase === 'Verifying' ? candidate : undefined;
  const wanted = verifying && verificationJobName(object, verifying);
  const jobs = cluster.jobs(object.metadata.name);
  for (const job of jobs) {
    if (job.metadata.name !== wanted && !isFinished(job)) await cluster.deleteJob(job.metadata.name);
  }
  if (verifying === undefined || jobs.some((job) => job.metadata.name === wanted)) return;
  const deployment = cluster.deployment(object.spec.target.deployment);
  const job = deployment && verificationJob(object, verifying, deployment, command);
  if (job !== undefined) await cluster.createJob(job);
}
