import { ISOLATED_CANARY } from '../../services/shared/agreements/kubernetes-names.ts';
import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { Deployment } from './cluster/objects.ts';
import { ownsFields } from './cluster/pin-owners.ts';
import { containerPin, readTarget } from './cluster/target.ts';
import { verificationJob, verificationJobName } from './cluster/verification-job.ts';
import { isFinished } from './cluster/verification-result.ts';
import { desiredPin } from './decision/desired-pin.ts';
import { isolatedPods } from './decision/isolated-pods.ts';
import type { GuardedCalls } from './guarded-calls.ts';
import type { PinContest } from './pin-contest.ts';

/**
 * Brings the cluster in line with the recorded status: the pin of the target and the Job of the candidate. It reads only
 * recorded state, and a repetition has no effect. So the next leader does the same. A call that the API server denies
 * stops nothing else.
 */
export async function act(
  cluster: Cluster,
  object: ModelDeployment,
  calls: GuardedCalls,
  contest: PinContest,
  command: readonly string[],
): Promise<void> {
  await pinTarget(cluster, object, calls, contest);
  await runIsolatedPods(cluster, object, calls);
  await endOrphanedCanary(cluster, calls);
  await keepOneJob(cluster, object, calls, command);
}

async function pinTarget(
  cluster: Cluster,
  { spec, status = {} }: ModelDeployment,
  calls: GuardedCalls,
  contest: PinContest,
): Promise<void> {
  const { deployment: name, container } = spec.target;
  const deployment = cluster.deployment(name);
  const target = readTarget(spec.target, deployment);
  if (deployment === undefined) return;
  if (target.kind === 'missing') return releaseFormerContainer(cluster, deployment, calls);
  const wanted = desiredPin(status, target.pin);
  if (target.pin?.version === wanted?.version && target.pin?.digest === wanted?.digest) return;
  if (!contest.mayPin(wanted, target.pin, deployment)) return;
  const content = JSON.stringify([container, wanted, deployment.metadata.generation]);
  const what = `setting the pin of Deployment ${name}`;
  const pin = () => cluster.pin(name, container, wanted);
  const pinned = await calls.attempt({ kind: 'write', what, content }, pin);
  if (pinned !== undefined) contest.pinned(wanted, pinned);
}

/**
 * The container of the spec does not exist. It may be about to get that name from a client that applies manifests. The
 * API server refuses the new name while the operator owns variables of the old container. The variables stay, so no pod
 * is replaced.
 */
async function releaseFormerContainer(
  cluster: Cluster,
  deployment: Deployment,
  calls: GuardedCalls,
): Promise<void> {
  if (!ownsFields(deployment)) return;
  const { name, resourceVersion = '' } = deployment.metadata;
  const what = `giving up the former container of Deployment ${name}`;
  const call = { kind: 'write', what, content: resourceVersion } as const;
  await calls.attempt(call, () => cluster.releaseFields(deployment));
}

/** The API server refuses to scale a Deployment that does not exist, and the condition ActionDenied tells it. */
async function runIsolatedPods(
  cluster: Cluster,
  { spec, status = {} }: ModelDeployment,
  calls: GuardedCalls,
): Promise<void> {
  const pods = isolatedPods(spec, status);
  if (pods === undefined) return;
  const { deployment: name, container, pin, replicas } = pods;
  const deployment = cluster.deployment(name);
  if (deployment === undefined && replicas === 0) return;
  const present = deployment && containerPin(deployment, container);
  const isScaled = deployment !== undefined && (deployment.spec.replicas ?? 1) === replicas;
  if (isScaled && present?.version === pin?.version && present?.digest === pin?.digest) return;
  const what = `scaling Deployment ${name} to ${replicas} pods of the candidate`;
  const content = JSON.stringify([container, pin, replicas, deployment?.metadata.generation]);
  await calls.attempt({ kind: 'write', what, content }, async () => {
    await cluster.scale(name, container, pin, replicas);
    return true;
  });
}

/**
 * Takes the pods of the isolated canary away if no ModelDeployment asks for isolation any more: the field was removed in a
 * rollout, or the object was deleted. Pods that the operator did not scale stay.
 */
export async function endOrphanedCanary(cluster: Cluster, calls: GuardedCalls): Promise<void> {
  const deployment = cluster.deployment(ISOLATED_CANARY);
  if (deployment === undefined || deployment.spec.replicas === 0 || !ownsFields(deployment)) return;
  const isWanted = cluster
    .modelDeployments()
    .some(({ spec }) => spec.canary?.isolated?.deployment === ISOLATED_CANARY);
  if (isWanted) return;
  const [container] = deployment.spec.template.spec.containers;
  const what = `scaling Deployment ${ISOLATED_CANARY} down, because no ModelDeployment asks for it`;
  const content = JSON.stringify(deployment.metadata.generation);
  await calls.attempt({ kind: 'write', what, content }, async () => {
    await cluster.scale(ISOLATED_CANARY, container?.name ?? '', undefined, 0);
    return true;
  });
}

async function keepOneJob(
  cluster: Cluster,
  object: ModelDeployment,
  calls: GuardedCalls,
  command: readonly string[],
): Promise<void> {
  const { phase, candidate } = object.status ?? {};
  const verifying = phase === 'Verifying' ? candidate : undefined;
  const wanted = verifying && verificationJobName(object, verifying);
  const jobs = cluster.jobs(object.metadata.name);
  for (const job of jobs) {
    const { name } = job.metadata;
    if (name === wanted || isFinished(job)) continue;
    const what = `deleting the verification Job ${name}`;
    await calls.attempt({ kind: 'write', what, content: name }, () => cluster.deleteJob(name));
  }
  if (verifying === undefined || jobs.some((job) => job.metadata.name === wanted)) return;
  const deployment = cluster.deployment(object.spec.target.deployment);
  const job = deployment && verificationJob(object, verifying, deployment, command);
  if (job === undefined) return;
  const what = 'creating a verification Job';
  const content = `${job.metadata.name} ${object.metadata.generation}`;
  await calls.attempt({ kind: 'write', what, content }, () => cluster.createJob(job));
}
