import { KubeConfig } from '@kubernetes/client-node';
import { kind } from '../../charts/environments.ts';
import { clusterManifests, systemManifests } from '../../charts/system.ts';
import { type KubeApiServer, startKubeApiServer } from '../../scripts/stack/kube-api-server.ts';
import { SYSTEM_NAME } from '../../services/shared/agreements/kubernetes-names.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import { hasReason, type KubernetesError } from '../../services/shared/kubernetes/kubernetes-error.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import { type ManifestObject, objectsOf } from './manifest-objects.ts';
import { until } from './until.ts';

export const NAMESPACE = SYSTEM_NAME;
/** No other kind decides who may do what. */
const KINDS = ['ServiceAccount', 'Role', 'RoleBinding', 'Deployment', 'ConfigMap'];
/** The objects that the operator and the inference pods use. */
const COMPONENTS = ['rollout', 'inference', 'inference-canary'];

/** A real API server with the shipped cluster manifests, and with the shipped objects that rights depend on. */
export class InstalledSystem implements AsyncDisposable {
  readonly administrator: KubernetesClient;
  readonly #api: KubeApiServer;
  readonly #clients: KubernetesClient[] = [];

  /** File with the rights of the administrator, for other processes (`KUBECONFIG`). */
  get kubeConfigFile(): string {
    return this.#api.kubeConfigFile;
  }

  /** Ends kube-apiserver, and starts it again at the same address. */
  async restartApi(whileDown: () => Promise<void>): Promise<void> {
    await this.#api.stopApi();
    await whileDown();
    await this.#api.startApi();
  }

  private constructor(api: KubeApiServer) {
    this.#api = api;
    this.administrator = new KubernetesClient({ kubeConfig: api.kubeConfig });
    this.#clients.push(this.administrator);
  }

  /** Applies the files in the order of the manual: the cluster's first, when there is no namespace yet. */
  static async start(): Promise<InstalledSystem> {
    const system = new InstalledSystem(await startKubeApiServer());
    await system.apply(objectsOf(clusterManifests()));
    await until('the API server knows ModelDeployments', () =>
      system.administrator.list(`/apis/serving.loan-eligibility.dev/v1alpha1/modeldeployments`).then(
        () => true,
        () => false,
      ),
    );
    const objects = objectsOf(systemManifests(kind));
    await system.apply(objects.filter(({ kind: of }) => of === 'Namespace'));
    await system.apply(
      objects.filter(
        ({ kind: of, metadata }) =>
          KINDS.includes(of) && COMPONENTS.includes(metadata.labels['app.kubernetes.io/name']),
      ),
    );
    return system;
  }

  async apply(objects: readonly ManifestObject[]): Promise<void> {
    for (const object of objects) {
      const { apiVersion, kind: of, metadata } = object;
      const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
      const scope = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
      const resource = `${of.toLowerCase()}s`.replace(/ys$/, 'ies');
      await this.administrator.apply(`${root}${scope}/${resource}/${metadata.name}`, object, 'test');
    }
  }

  /** A client with a token of the service account, like the token in its pods. */
  async clientOf(account: string): Promise<KubernetesClient> {
    const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${account}/token`;
    const request = { metadata: { name: account }, spec: { expirationSeconds: 3600 } };
    const { status } = (await this.administrator.create<KubernetesObject>(path, request)) as ManifestObject;
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromOptions({
      clusters: this.#api.kubeConfig.clusters,
      users: [{ name: account, token: status.token }],
      contexts: [{ name: account, cluster: this.#api.kubeConfig.clusters[0]?.name, user: account }],
      currentContext: account,
    });
    const client = new KubernetesClient({ kubeConfig });
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.#api.stop();
  }
}

/** The reason with which the API server refused the call: `Forbidden` by RBAC, `Invalid` by a policy. */
export async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  return (await refused(call))?.reason;
}

/** The message with which the API server refused the call. Empty if it did not refuse. */
export async function refusalMessage(call: Promise<unknown>): Promise<string> {
  return (await refused(call))?.message ?? '';
}

async function refused(call: Promise<unknown>): Promise<KubernetesError | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (hasReason(error, 'Forbidden') || hasReason(error, 'Invalid')) return error;
    throw error;
  }
}
