import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import type { RolloutEvent } from '../decision/events.ts';
import type { Pin } from '../decision/rollout.ts';
import type { Deployment, Job, Pod } from './objects.ts';

/**
 * The operator's view of its namespace, and its writes. Reads without a promise come from the informer cache, which may
 * be a moment old. So every write is idempotent, or fails if the object has changed.
 */
export interface Cluster {
  modelDeployments(): readonly ModelDeployment[];
  /** The latest known state. It includes the last write of this process. */
  modelDeployment(name: string): ModelDeployment | undefined;
  deployment(name: string): Deployment | undefined;
  /** The verification Jobs of the ModelDeployment `owner`. */
  jobs(owner: string): readonly Job[];
  /** The pods that the label selector matches, read from the API server now. */
  pods(labelSelector: string): Promise<readonly Pod[]>;
  /** Has no effect if a Job with this name exists. */
  createJob(job: Job): Promise<void>;
  /** Deletes the Job and its pods. A missing Job is not an error. */
  deleteJob(name: string): Promise<void>;
  /**
   * Sets MODEL_VERSION and MODEL_DIGEST of the container, and no other field. Undefined removes both variables.
   * Resolves to the Deployment after the write.
   */
  pin(deployment: string, container: string, pin: Pin | undefined): Promise<KubernetesObject>;
  /** Sets the pin of the container and the number of pods, and no other field. Undefined removes both variables. */
  scale(deployment: string, container: string, pin: Pin | undefined, replicas: number): Promise<void>;
  /**
   * Gives up the ownership of every field, and changes none. Another client may then remove the container with them.
   * Has no effect if the Deployment has changed since `deployment` was read.
   */
  releaseFields(deployment: Deployment): Promise<void>;
  /** @throws KubernetesError `Conflict` if spec or status have changed since `object` was read */
  updateStatus(object: ModelDeployment, status: ModelDeploymentStatus): Promise<void>;
  /** @throws KubernetesError `Conflict` if the object has changed since `object` was read */
  setFinalizers(object: ModelDeployment, finalizers: readonly string[]): Promise<void>;
  /** Another value than before asks for a read of the alias now. */
  wakeToken(name: string): string | undefined;
  /** Makes the leader read the alias now. Each new delivery triggers one read. */
  wake(name: string, deliveryId: string): Promise<void>;
  /** Forgets the token of a ModelDeployment that is gone. Never throws. */
  forgetWake(name: string): Promise<void>;
  /** Never throws, because no decision depends on an Event. */
  recordEvent(object: ModelDeployment, event: RolloutEvent): Promise<void>;
}
