import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import type { Cluster } from './cluster.ts';
import { selectorText } from './label-selector.ts';
import type { Deployment, Job, Pod } from './objects.ts';

/** The label that the Deployment controller gives to each of its ReplicaSets and their pods. */
export const TEMPLATE_HASH_LABEL = 'pod-template-hash';
const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';

/**
 * The pods of the Deployment, read from the API server now. The selector alone also finds pods that another workload
 * made with the same labels, so only pods of the Deployment's own ReplicaSets count.
 */
export async function deploymentPods(cluster: Cluster, deployment: Deployment): Promise<readonly Pod[]> {
  const pods = await cluster.pods(selectorText(deployment.spec.selector));
  return pods.filter((pod) => isPodOf(deployment, pod));
}

/** The pods of the Job, read from the API server now. Anybody may give a pod the label, so the owner decides. */
export async function jobPods(cluster: Cluster, job: Job): Promise<readonly Pod[]> {
  const pods = await cluster.pods(`${JOB_NAME_LABEL}=${job.metadata.name}`);
  return pods.filter((pod) => {
    const owner = controllerOf(pod);
    return owner?.kind === 'Job' && owner.uid === job.metadata.uid;
  });
}

/**
 * True if the pod belongs to a ReplicaSet of the Deployment. The name of such a ReplicaSet is the name of the Deployment
 * and the hash of the pod template. The name of a pod says less, because Kubernetes truncates long names.
 */
function isPodOf({ metadata }: Deployment, pod: Pod): boolean {
  const owner = controllerOf(pod);
  const hash = pod.metadata.labels?.[TEMPLATE_HASH_LABEL];
  return owner?.kind === 'ReplicaSet' && hash !== undefined && owner.name === `${metadata.name}-${hash}`;
}

function controllerOf({ metadata }: KubernetesObject) {
  return metadata.ownerReferences?.find(({ controller }) => controller);
}
