import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import type { RolloutEvent } from '../decision/events.ts';
import type { Pin } from '../decision/rollout.ts';
import type { Deployment, Job, Pod } from './objects.ts';

/**
 * What the operator sees of its namespace and does to it. Reads without a promise come from a local mirror and may
 * be a moment old, so every write is idempotent or guarded.
 */
export interface Cluster {
  modelDeployments(): readonly ModelDeployment[];
  /** The latest known state, our own last write included. */
  modelDeployment(name: string): ModelDeployment | undefined;
  deployment(name: string): Deployment | undefined;
  /** Verification Jobs of a ModelDeployment. */
  jobs(owner: string): readonly Job[];
  /** Pods with all of these labels, as the API server has them now. */
  pods(labels: Readonly<Record<string, string>>): Promise<readonly Pod[]>;
  /** A Job of that name that exists already is left as it is. */
  createJob(job: Job): Promise<void>;
  /** With its pods. A Job that is gone is no error. */
  deleteJob(name: string): Promise<void>;
  /** Sets exactly MODEL_VERSION and MODEL_DIGEST of the container; undefined takes out what was set so, and nothing else. */
  pin(deployment: string, container: string, pin: Pin | undefined): Promise<void>;
  /** @throws KubernetesError `Conflict` where the object has changed since `object` was read */
  updateStatus(object: ModelDeployment, status: ModelDeploymentStatus): Promise<void>;
  /** @throws KubernetesError `Conflict` likewise */
  setFinalizers(object: ModelDeployment, finalizers: readonly string[]): Promise<void>;
  /** Makes the leader read the alias now: another token is another wake-up. */
  wake(name: string, token: string): Promise<void>;
  /** Never throws: an Event is told, not relied upon. */
  recordEvent(object: ModelDeployment, event: RolloutEvent): Promise<void>;
}
