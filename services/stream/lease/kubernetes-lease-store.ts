import type { Clock } from '../../shared/clock.ts';
import type { KubernetesClient } from '../../shared/kubernetes/kubernetes-client.ts';
import { hasReason } from '../../shared/kubernetes/kubernetes-error.ts';
import type { Lease } from '../../shared/kubernetes/objects.ts';
import { type Change, Reflector } from '../../shared/kubernetes/reflector.ts';
import type { Logger } from '../../shared/logging.ts';
import { LeaseCache, type Moment } from './lease-cache.ts';
import type { LeaseChange } from './lease-change.ts';
import {
  claimedAccount,
  claimName,
  claimObject,
  type GroupIdentity,
  groupSelector,
  handOffRequest,
  isMember,
  isShard,
  memberLeaseName,
  memberObject,
  parseMember,
  parseShard,
  shardLeaseName,
  shardObject,
} from './lease-object.ts';
import { LeaseConflict, type LeaseNews, type LeaseStore } from './lease-store.ts';
import type { Member, NewMember, ShardLease, StoredLease } from './shard-lease.ts';
import { assertSameAccount, type StreamClaim } from './stream-claim.ts';
import { type UnreadableLease, UnreadableLeaseError } from './unreadable-lease.ts';

export interface KubernetesLeaseStoreOptions extends GroupIdentity {
  /** `stop` closes this client. */
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps one coordination.k8s.io/v1 Lease for each shard, with the checkpoint in its annotations, and one for each member. */
export class KubernetesLeaseStore implements LeaseStore {
  readonly isShared = true;
  readonly #options: KubernetesLeaseStoreOptions;
  readonly #path: string;
  readonly #shards = new LeaseCache();
  readonly #members = new Map<string, Member>();
  #reflector: Reflector<Lease> | undefined;
  /** Name of this process in the group. Undefined before its first announcement. */
  #self: string | undefined;
  #onChange: (change: LeaseNews) => void = () => {};

  constructor(options: KubernetesLeaseStoreOptions) {
    this.#options = options;
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${options.namespace}/leases`;
  }

  async start(onChange: (change: LeaseNews) => void, signal?: AbortSignal): Promise<void> {
    const { client, clock, logger } = this.#options;
    const labelSelector = groupSelector(this.#options);
    this.#onChange = onChange;
    // The informer cache retries without a report. This list fails if the process may not list, so that readiness shows it.
    await client.list(this.#path, { labelSelector, limit: 1 }, signal);
    this.#reflector ??= new Reflector<Lease>({
      client,
      path: this.#path,
      labelSelector,
      clock,
      logger,
      onList: () => {
        const askedAt = this.#shards.moment();
        return (objects) => this.#replaceAll(objects, askedAt);
      },
      onChange: (change) => this.#apply(change),
    });
    this.#reflector.start();
    await this.#reflector.synced;
  }

  async claim(claim: StreamClaim, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const noted = await this.#claimed(signal);
    assertSameAccount(claim, noted, this.leases());
    if (noted !== undefined) return;
    try {
      await client.create(this.#path, claimObject(this.#options, claim.account), signal);
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
      // Another process was faster. Its stream may be another one.
      assertSameAccount(claim, await this.#claimed(signal), this.leases());
    }
  }

  leases(): readonly StoredLease[] {
    return this.#shards.leases();
  }

  unreadable(): readonly UnreadableLease[] {
    return this.#shards.unreadable();
  }

  isUnreadable(shardId: string): boolean {
    const unreadable = this.#shards.unreadable();
    if (unreadable.length === 0) return false;
    const name = shardLeaseName(this.#options, shardId);
    return unreadable.some((lease) => lease.name === name);
  }

  members(): readonly Member[] {
    return [...this.#members.values()];
  }

  async read(shardId: string, signal: AbortSignal): Promise<StoredLease | undefined> {
    const name = shardLeaseName(this.#options, shardId);
    const askedAt = this.#shards.moment();
    try {
      const object = await this.#options.client.get<Lease>(`${this.#path}/${name}`, signal);
      return this.#keep(object, askedAt, shardId);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      this.#shards.forget(name);
      return undefined;
    }
  }

  async create(lease: ShardLease, signal: AbortSignal): Promise<StoredLease> {
    const { version, renewal, ...rest } = lease as StoredLease;
    // If a person deleted the lease, its owner may still read the shard. So the lease goes on from the known epoch.
    const known = this.#shards.epochOf(rest.shardId);
    const fresh =
      known === undefined ? rest : { ...rest, epoch: Math.max(rest.epoch, known), released: false };
    const object = shardObject(this.#options, fresh, this.#options.clock.now());
    const askedAt = this.#shards.moment();
    try {
      return this.#keep(await this.#options.client.create(this.#path, object, signal), askedAt);
    } catch (error) {
      throw toConflict(error);
    }
  }

  replace(lease: StoredLease, signal: AbortSignal): Promise<StoredLease> {
    const name = shardLeaseName(this.#options, lease.shardId);
    const next = { ...lease, epoch: this.#shards.nextEpoch(name, lease) };
    const object = shardObject(this.#options, next, this.#options.clock.now());
    return this.#change(lease, (client, path) => client.replace(path, object, signal));
  }

  requestHandOff(lease: StoredLease, member: string, signal: AbortSignal): Promise<StoredLease> {
    const patch = handOffRequest(member, lease.version);
    return this.#change(lease, (client, path) => client.merge<Lease>(path, patch, signal));
  }

  async remove(lease: StoredLease, signal: AbortSignal): Promise<void> {
    const name = shardLeaseName(this.#options, lease.shardId);
    await this.#options.client
      .delete(`${this.#path}/${name}`, signal, lease.version)
      .catch((error: unknown) => {
        throw toConflict(error);
      });
    this.#shards.forget(name);
  }

  async announce(member: NewMember, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    this.#self = member.name;
    // Only a process that uses the same name by mistake writes this Lease too, and all of them must see who joined last. So a
    // write without a guard is safe, and one call is enough. A PUT needs a guard.
    const object = memberObject(this.#options, member, clock.now());
    try {
      await client.merge(`${this.#path}/${object.metadata.name}`, object, signal);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      await client.create(this.#path, object, signal);
    }
  }

  async withdraw(member: NewMember | Member, signal: AbortSignal): Promise<void> {
    const path = `${this.#path}/${memberLeaseName(this.#options, member.name)}`;
    const version = 'version' in member ? member.version : undefined;
    try {
      await this.#options.client.delete(path, signal, version);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw toConflict(error);
    }
  }

  async stop(): Promise<void> {
    await this.#reflector?.stop();
    await this.#options.client.close();
  }

  async #claimed(signal: AbortSignal): Promise<string | undefined> {
    try {
      const path = `${this.#path}/${claimName(this.#options)}`;
      return claimedAccount(await this.#options.client.get<Lease>(path, signal));
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** @throws LeaseConflict if another writer was faster, or if the lease is gone */
  async #change(
    { shardId }: StoredLease,
    write: (client: KubernetesClient, path: string) => Promise<Lease>,
  ): Promise<StoredLease> {
    const name = shardLeaseName(this.#options, shardId);
    const askedAt = this.#shards.moment();
    try {
      return this.#keep(await write(this.#options.client, `${this.#path}/${name}`), askedAt);
    } catch (error) {
      if (hasReason(error, 'NotFound')) this.#shards.forget(name);
      throw toConflict(error);
    }
  }

  /** The next changes repeat the list. They are told only for what this leaves out. */
  #replaceAll(objects: readonly Lease[], askedAt: Moment): void {
    const shards = objects.filter(isShard);
    for (const object of shards) this.#note(object, askedAt);
    const listed = new Set(shards.map(({ metadata }) => metadata.name));
    if (this.#shards.retain(listed, askedAt)) this.#onChange('news');
  }

  #apply({ type, object }: Change<Lease>): void {
    const { name, resourceVersion = '' } = object.metadata;
    if (isMember(object)) this.#applyMember(type, parseMember(object));
    if (!isShard(object)) return;
    if (type === 'applied') this.#note(object);
    else if (this.#shards.drop(name, resourceVersion)) this.#onChange('news');
  }

  #applyMember(type: Change<Lease>['type'], member: Member): void {
    const known = this.#members.get(member.name);
    if (type === 'deleted') this.#members.delete(member.name);
    else this.#members.set(member.name, member);
    const isSame =
      known?.revision === member.revision && known.joinedMilliseconds === member.joinedMilliseconds;
    this.#tell(type === 'applied' && isSame ? 'renewal' : 'news', member.name);
  }

  /** A Lease that cannot be read is noted as such, and must not keep the others from being noted. */
  #note(object: Lease, askedAt?: Moment): void {
    try {
      this.#keep(object, askedAt);
    } catch (error) {
      if (!(error instanceof UnreadableLeaseError)) throw error;
    }
  }

  /**
   * @param shardId if known from elsewhere
   * @throws UnreadableLeaseError after the Lease is noted as unreadable
   */
  #keep(object: Lease, askedAt?: Moment, shardId?: string): StoredLease {
    try {
      const lease = parseShard(object);
      this.#tell(this.#shards.keep(object.metadata.name, lease, askedAt), lease.owner);
      return lease;
    } catch (error) {
      if (error instanceof UnreadableLeaseError) {
        const unreadable = { ...error.lease, shardId: error.lease.shardId ?? shardId };
        if (this.#shards.refuse(unreadable, askedAt)) this.#onChange('news');
      }
      throw error;
    }
  }

  /** An own renewal is no news, whether its response or the watch shows it first. */
  #tell(change: LeaseChange, owner: string | undefined): void {
    if (change === 'none' || (change === 'renewal' && owner === this.#self)) return;
    this.#onChange(change);
  }
}

function toConflict(error: unknown): unknown {
  const isConflict = ['Conflict', 'AlreadyExists', 'NotFound'].some((reason) => hasReason(error, reason));
  return isConflict ? new LeaseConflict((error as Error).message, { cause: error }) : error;
}
