import type { Clock } from '../../services/shared/clock.ts';
import type { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import { hasReason } from '../../services/shared/kubernetes/kubernetes-error.ts';
import type { Lease } from '../../services/shared/kubernetes/objects.ts';
import { assertAsSeen } from '../../services/stream/lease/lease-edit.ts';
import {
  claimedAccount,
  claimName,
  drainRequest,
  type GroupIdentity,
  groupSelector,
  handOffRequest,
  isMember,
  memberLeaseName,
  parseMember,
  parseShard,
  positionEdit,
  shardLeaseName,
  shardObject,
} from '../../services/stream/lease/lease-object.ts';
import { Refusal } from '../command-line/usage-error.ts';
import type { ChangeResult, GroupLeases, GroupState, LeaseChange, SeenLease } from './group-leases.ts';

/** The owner writes its lease every few seconds, so a guarded write may need a second try. */
const TRIES = 8;

export interface ClusterLeasesOptions extends GroupIdentity {
  readonly client: KubernetesClient;
  /** Name of the kubectl context, for people. */
  readonly context: string;
  /** Its time is that of the API server, as far as the client has heard it. */
  readonly clock: Clock;
}

/** Leases in Kubernetes. Every write names the version that it replaces. */
export class ClusterLeases implements GroupLeases {
  readonly place: string;
  readonly #options: ClusterLeasesOptions;
  readonly #path: string;

  constructor(options: ClusterLeasesOptions) {
    this.#options = options;
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${options.namespace}/leases`;
    this.place = `group ${options.group}, Leases in namespace ${options.namespace}, context ${options.context}`;
  }

  async state(): Promise<GroupState> {
    try {
      return await this.#state();
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw new Error(`${this.place}: ${(error as Error).message}`, { cause: error });
    }
  }

  async #state(): Promise<GroupState> {
    const { client } = this.#options;
    const { items } = await client.list<Lease>(this.#path, { labelSelector: groupSelector(this.#options) });
    return {
      account: await this.#account(),
      leases: items.filter((lease) => !isMember(lease)).map((lease) => this.#seen(lease)),
      members: items.filter((lease) => isMember(lease) && this.#isLive(lease)).map(parseMember),
    };
  }

  async change(change: LeaseChange): Promise<ChangeResult> {
    const { shardId } = change.lease;
    await this.#guarded(shardId, async (stored) => {
      assertAsSeen(shardId, stored, change.seen, change.exact);
      await this.#write(change, stored?.version);
    });
    return 'made';
  }

  async requestHandOff(seen: SeenLease, member: string): Promise<void> {
    const { shardId } = seen;
    await this.#guarded(shardId, async (stored) => {
      assertAsSeen(shardId, stored, seen, false);
      if (stored === undefined) return;
      await this.#options.client.merge(this.#pathOf(shardId), handOffRequest(member, stored.version));
    });
  }

  async assertCanDrain(): Promise<void> {}

  async drain(member: string, draining: boolean): Promise<void> {
    const path = `${this.#path}/${memberLeaseName(this.#options, member)}`;
    await this.#options.client.merge(path, drainRequest(draining));
  }

  close(): Promise<void> {
    return this.#options.client.close();
  }

  /** Reads the lease and has it written, and both again if another writer was faster. */
  async #guarded(shardId: string, write: (stored: SeenLease | undefined) => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await write(await this.#read(shardId));
      } catch (error) {
        const isConflict = hasReason(error, 'Conflict') || hasReason(error, 'AlreadyExists');
        if (!isConflict || tries === TRIES) throw error;
      }
    }
  }

  async #account(): Promise<string | undefined> {
    try {
      const path = `${this.#path}/${claimName(this.#options)}`;
      return claimedAccount(await this.#options.client.get<Lease>(path));
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async #write({ lease }: LeaseChange, version: string | undefined): Promise<void> {
    const { client, clock } = this.#options;
    if (version === undefined)
      await client.create(this.#path, shardObject(this.#options, lease, clock.now()));
    else await client.merge(this.#pathOf(lease.shardId), positionEdit(lease, version));
  }

  async #read(shardId: string): Promise<SeenLease | undefined> {
    try {
      return this.#seen(await this.#options.client.get<Lease>(this.#pathOf(shardId)));
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  #seen(lease: Lease): SeenLease {
    try {
      return { ...parseShard(lease), isLive: this.#isLive(lease) };
    } catch (error) {
      const { name } = lease.metadata;
      throw new Refusal(
        `the Lease ${name} cannot be read: ${(error as Error).message}. Correct that annotation with kubectl`,
      );
    }
  }

  #isLive({ spec }: Lease): boolean {
    const renewed = Date.parse(spec?.renewTime ?? '');
    const duration = (spec?.leaseDurationSeconds ?? 0) * 1000;
    return Boolean(spec?.holderIdentity) && this.#options.clock.now() - renewed <= duration;
  }

  #pathOf(shardId: string): string {
    return `${this.#path}/${shardLeaseName(this.#options, shardId)}`;
  }
}
