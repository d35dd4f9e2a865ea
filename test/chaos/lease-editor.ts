import type { KubeApiServer } from '../../scripts/stack/kube-api-server.ts';
import { STREAM_PREFIX } from '../../services/shared/agreements/kubernetes-names.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { Lease } from '../../services/shared/kubernetes/objects.ts';

const CHECKPOINT = `${STREAM_PREFIX}/checkpoint`;

/** Edits leases as a person does with kubectl. */
export class LeaseEditor {
  readonly #client: KubernetesClient;
  readonly #path: string;

  constructor(api: KubeApiServer, namespace: string) {
    this.#client = new KubernetesClient({ kubeConfig: api.kubeConfig, timeoutMilliseconds: 3_000 });
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  }

  async shardLeases(): Promise<readonly Lease[]> {
    const { items } = await this.#client.list<Lease>(this.#path);
    return items.filter((lease) => lease.metadata.annotations?.[CHECKPOINT] !== undefined);
  }

  async doneShardLeases(): Promise<readonly Lease[]> {
    const leases = await this.shardLeases();
    return leases.filter(({ metadata }) => metadata.annotations?.[CHECKPOINT] === 'SHARD_END');
  }

  setOwner(lease: Lease, owner: string | null): Promise<unknown> {
    return this.#client.merge(`${this.#path}/${lease.metadata.name}`, { spec: { holderIdentity: owner } });
  }

  rewind(lease: Lease): Promise<unknown> {
    const annotations = { [CHECKPOINT]: 'TRIM_HORIZON' };
    return this.#client.merge(`${this.#path}/${lease.metadata.name}`, { metadata: { annotations } });
  }

  remove(lease: Lease): Promise<unknown> {
    return this.#client.delete(`${this.#path}/${lease.metadata.name}`);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
