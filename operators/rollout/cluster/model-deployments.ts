import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import { hasReason } from '../../../services/shared/kubernetes/kubernetes-error.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import { Reflector, type ReflectorOptions } from '../../../services/shared/kubernetes/reflector.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { isSameDecision } from './same-decision.ts';

/** Tries to write one status while other clients write into the metadata of the object. */
const STATUS_TRIES = 5;

export interface ModelDeploymentsOptions
  extends Pick<ReflectorOptions<ModelDeployment>, 'clock' | 'logger' | 'onChange'> {
  readonly client: KubernetesClient;
  readonly namespace: string;
}

/** The ModelDeployments of a namespace: an informer cache, and the writes of this process that it may not have yet. */
export class ModelDeployments {
  readonly reflector: Reflector<ModelDeployment>;
  readonly #client: KubernetesClient;
  readonly #namespace: string;
  /** The last write of each ModelDeployment by this process, kept until the cache has it. */
  readonly #written = new Map<string, ModelDeployment>();

  constructor({ client, namespace, ...options }: ModelDeploymentsOptions) {
    this.#client = client;
    this.#namespace = namespace;
    this.reflector = new Reflector({
      ...options,
      client,
      path: modelDeploymentPath(namespace),
      onList: () => this.#forgetListed(),
    });
  }

  list(): readonly ModelDeployment[] {
    return this.reflector.list();
  }

  /** The latest known state. It includes the last write of this process. */
  get(name: string): ModelDeployment | undefined {
    const cached = this.reflector.get(name);
    const written = this.#written.get(name);
    if (cached && written && written.metadata.uid === cached.metadata.uid && isNewer(written, cached)) {
      return written;
    }
    this.#written.delete(name);
    return cached;
  }

  /**
   * Writes the status. A write of another client into the metadata is no reason to decide anew. So if spec and status are
   * as `object` has them, the status is written over the present state.
   * @throws KubernetesError `Conflict` if spec or status have changed since `object` was read
   * @throws Error if the API server does not know the fields that have changed
   */
  async updateStatus(object: ModelDeployment, status: ModelDeploymentStatus): Promise<void> {
    const { name } = object.metadata;
    const path = modelDeploymentPath(this.#namespace, name);
    let present = object;
    for (let tries = 1; ; tries++) {
      try {
        const written = await this.#client.replace<ModelDeployment>(`${path}/status`, { ...present, status });
        this.#written.set(name, written);
        if (written.metadata.resourceVersion === present.metadata.resourceVersion) throw droppedFields(name);
        return;
      } catch (error) {
        if (!hasReason(error, 'Conflict')) throw error;
        // After a restore of etcd the own write may look newer than everything that the API server has.
        this.#written.delete(name);
        present = await this.#client.get<ModelDeployment>(path);
        this.#written.set(name, present);
        if (tries === STATUS_TRIES || !isSameDecision(object, present)) throw error;
      }
    }
  }

  /** @throws KubernetesError `Conflict` if the object has changed since `object` was read */
  async setFinalizers(object: ModelDeployment, finalizers: readonly string[]): Promise<void> {
    const { name, resourceVersion } = object.metadata;
    const path = modelDeploymentPath(this.#namespace, name);
    const patch = { metadata: { resourceVersion, finalizers } };
    this.#written.set(name, await this.#client.merge<ModelDeployment>(path, patch));
  }

  /** A list has every write that was made before the list was asked for. After a restore of etcd it has none of them. */
  #forgetListed() {
    const before = [...this.#written];
    return () => {
      for (const [name, object] of before) {
        if (this.#written.get(name) === object) this.#written.delete(name);
      }
    };
  }
}

/** The API server stored nothing, although the status has changed: the CRD of an earlier release does not know the fields. */
function droppedFields(name: string): Error {
  const command = 'kubectl apply --filename k8s/cluster';
  return new Error(
    `the API server dropped fields of the status of ${name}; apply the CRD of this release: ${command}`,
  );
}

/** True if `a` is the later state. The resource versions of one resource only grow. */
function isNewer(a: KubernetesObject, b: KubernetesObject): boolean {
  return BigInt(a.metadata.resourceVersion ?? 0) > BigInt(b.metadata.resourceVersion ?? 0);
}
