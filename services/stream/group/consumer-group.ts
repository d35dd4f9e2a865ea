import { LeaseConflict } from '../lease/lease-store.ts';
import type { NewMember, StoredLease } from '../lease/shard-lease.ts';
import { ChangeObserver } from './change-observer.ts';
import { UnreadGap } from './hash-range-gap.ts';
import type { LeaseSyncer } from './lease-syncer.ts';
import { Membership } from './membership.ts';
import type { OwnedShard, OwnershipEnd } from './owned-shard.ts';
import { plan } from './planner.ts';
import { ancestorsOf, leasesToStop, readableLeases } from './reading-order.ts';
import { ShardPauses } from './shard-pauses.ts';
import { ShardTaker, type ShardTakerOptions } from './shard-taker.ts';
import { UnreadableReport } from './unreadable-report.ts';
import type { Waker } from './waker.ts';

/** An expired lease is noticed at most this late. */
const TICK_MILLISECONDS = 500;
/** Ages are set this often, because Prometheus looks at them only every few seconds. */
const AGE_MILLISECONDS = 2_000;
/** Stands for the owner of a lease from which a person removed the owner. No member has this name. */
const UNKNOWN_OWNER = '';

export interface ConsumerGroupOptions extends ShardTakerOptions {
  /** No shard is moved until the members have been the same for this long. */
  readonly settleMilliseconds: number;
  /** Shards that this process reads, by id. Only the group changes the map. */
  readonly owned: Map<string, OwnedShard>;
  readonly syncer: Pick<LeaseSyncer, 'awaitsLease' | 'isOfStream' | 'streamCreatedMilliseconds' | 'wake'>;
  readonly waker: Waker;
}

/** Takes, requests and gives up shards until this member reads the shards that the plan assigns to it. */
export class ConsumerGroup {
  readonly #options: ConsumerGroupOptions;
  readonly #membership: Membership;
  readonly #taker: ShardTaker;
  readonly #renewals = new ChangeObserver();
  readonly #gap = new UnreadGap();
  readonly #unreadable: UnreadableReport;
  readonly #owned: Map<string, OwnedShard>;
  /** Shards whose lease this process is writing. */
  readonly #busy = new Map<string, Promise<void>>();
  readonly #pauses: ShardPauses;
  #actedAt: number;
  #agesShownAt = Number.NEGATIVE_INFINITY;

  constructor(options: ConsumerGroupOptions) {
    this.#options = options;
    this.#owned = options.owned;
    this.#membership = new Membership(options);
    this.#taker = new ShardTaker(options);
    this.#pauses = new ShardPauses(options.member.name);
    this.#unreadable = new UnreadableReport(options);
    this.#actedAt = options.clock.monotonic();
  }

  /** Time since the loop last ran. */
  get idleMilliseconds(): number {
    return this.#options.clock.monotonic() - this.#actedAt;
  }

  /** Runs until `signal` aborts. Then gives all shards up, and resolves once that is done. */
  async run(signal: AbortSignal): Promise<void> {
    const { waker } = this.#options;
    const membership = this.#membership.keep(signal);
    while (!signal.aborted) {
      this.#act(signal);
      await waker.wait(TICK_MILLISECONDS, signal).catch(() => {});
    }
    await membership;
    // Leave the group first, so that no member plans with this member any more.
    await this.#membership.leave();
    await Promise.all(this.#busy.values());
    for (const shard of this.#owned.values()) shard.giveUp();
    await Promise.all([...this.#owned.values()].map((shard) => shard.ended));
  }

  #act(signal: AbortSignal): void {
    const { store, clock, metrics, health, member, syncer } = this.#options;
    const now = clock.monotonic();
    this.#actedAt = now;
    const leases = store.leases();
    this.#renewals.observe(new Map(leases.map((lease) => [lease.shardId, lease.renewal])), now);
    const members = this.#membership.live(now);
    const known = new Map(leases.map((lease) => [lease.shardId, lease]));
    for (const [shardId, owned] of this.#owned) owned.compare(known.get(shardId));
    this.#showAges(now);
    if (this.#membership.standsBack) {
      this.#standBack();
      return;
    }
    const ofStream = leases.filter((lease) => syncer.isOfStream(lease));
    const readable = readableLeases(ofStream, syncer.awaitsLease());
    const owners = new Map(readable.map((lease) => [lease.shardId, this.#liveOwner(lease, members, now)]));
    const target = this.#plan(readable, owners, members, now);
    const awaited = this.#stop(ofStream, members, now);
    const wanted: StoredLease[] = [];
    for (const lease of readable) {
      const owned = this.#owned.get(lease.shardId);
      if (owned && !target.has(lease.shardId)) owned.giveUp();
      else if (owned) this.#answerRequest(owned, lease, members);
      else if (awaited.has(lease.shardId)) continue;
      else if (lease.owner === member.name || target.get(lease.shardId) === member.name) wanted.push(lease);
    }
    for (const lease of wanted) this.#acquire(lease, owners.get(lease.shardId), members, now, signal);
    if (wanted.length === 0) health.ended('leases');
    metrics.leasesOwned.set(this.#owned.size);
    const unowned = [...owners.values()].filter((owner) => owner === undefined).length;
    this.#showCoverage(leases, unowned);
  }

  /** A shard whose lease cannot be read has no owner, and nothing is known of its keys. */
  #showCoverage(leases: readonly StoredLease[], unowned: number): void {
    const { store, metrics } = this.#options;
    const unreadable = store.unreadable();
    this.#unreadable.show(unreadable);
    metrics.unownedShards.set(unowned + unreadable.length);
    // Before the first look at the stream there are no leases, and no keys are missed.
    if (leases.length + unreadable.length > 0) metrics.hashRangeGap.set(this.#gap.of(leases));
  }

  /** A process that uses the name of this process reads the shards. It takes even those that this process still holds. */
  #standBack(): void {
    const { health, metrics } = this.#options;
    for (const owned of this.#owned.values()) owned.giveUp();
    health.ended('leases');
    metrics.leasesOwned.set(this.#owned.size);
    metrics.unownedShards.set(0);
  }

  /**
   * Gives up the shards that wait for an ancestor again, because a person has it read again.
   * @returns the ancestors that must wait until nobody reads such a shard any more
   */
  #stop(leases: readonly StoredLease[], members: readonly NewMember[], now: number): ReadonlySet<string> {
    const stopping = leasesToStop(leases);
    for (const { shardId } of stopping) this.#owned.get(shardId)?.giveUp();
    const stillRead = stopping.filter(
      (lease) => !lease.released && this.#liveOwner(lease, members, now) !== undefined,
    );
    return ancestorsOf(stillRead, leases);
  }

  #showAges(now: number): void {
    if (now - this.#agesShownAt < AGE_MILLISECONDS) return;
    this.#agesShownAt = now;
    const { checkpointAgeSeconds } = this.#options.metrics;
    for (const [shard, owned] of this.#owned)
      checkpointAgeSeconds.set({ shard }, owned.ageMilliseconds / 1000);
  }

  /**
   * The store may name us as owner of a shard that we are not reading. The shard was just handed over, or it was ours
   * before a restart or a loss. Take it; every other member counts it as owned.
   */
  #plan(
    readable: readonly StoredLease[],
    owners: ReadonlyMap<string, string | undefined>,
    members: readonly NewMember[],
    now: number,
  ): ReadonlyMap<string, string> {
    const isOurs = ({ owner }: StoredLease) => owner === this.#options.member.name;
    const expired = new Set(
      readable.filter((it) => !isFree(it, members) && !isOurs(it) && owners.get(it.shardId) === undefined),
    );
    const silent = new Set([...expired].map(({ owner }) => owner));
    const names = new Set(members.filter((it) => !it.draining).map(({ name }) => name));
    // A shard that its owner is asked to give counts as given. Otherwise the plan could change its mind halfway.
    const plannedOwner = (lease: StoredLease) => {
      const owner = owners.get(lease.shardId);
      const { handOffTo } = lease;
      if (owner !== undefined && handOffTo !== undefined && names.has(handOffTo)) return handOffTo;
      return isOurs(lease) ? lease.owner : owner;
    };
    return plan({
      shards: readable.map((lease) => ({
        shardId: lease.shardId,
        owner: plannedOwner(lease),
        bytesPerSecond: lease.bytesPerSecond,
        expired: expired.has(lease),
      })),
      members: members.map((it) => ({
        ...it,
        seesExpiry: !silent.has(it.name) && this.#membership.hasWatched(it, now),
      })),
      settling: now - this.#membership.changedAt < this.#options.settleMilliseconds,
    });
  }

  /** Undefined if the shard may be taken. */
  #liveOwner(lease: StoredLease, members: readonly NewMember[], now: number): string | undefined {
    const { store, member, leaseMilliseconds } = this.#options;
    const { shardId, owner } = lease;
    if (this.#owned.has(shardId)) return member.name;
    if (!store.isShared || owner === member.name || isFree(lease, members)) return undefined;
    const age = this.#renewals.ageMilliseconds(shardId, now);
    return age > leaseMilliseconds ? undefined : (owner ?? UNKNOWN_OWNER);
  }

  #answerRequest(owned: OwnedShard, { handOffTo }: StoredLease, members: readonly NewMember[]): void {
    const isLive = members.some(({ name }) => name === handOffTo);
    if (handOffTo !== undefined && handOffTo !== this.#options.member.name && isLive) owned.giveUp(handOffTo);
  }

  #acquire(
    lease: StoredLease,
    owner: string | undefined,
    members: readonly NewMember[],
    now: number,
    signal: AbortSignal,
  ): void {
    const { shardId, handOffTo } = lease;
    if (this.#busy.has(shardId) || this.#pauses.isPaused(lease, now)) return;
    const isAsked = members.some(({ name }) => name === handOffTo);
    if (owner !== undefined && isAsked) return;
    // A response after half of the lease duration is of no use. A stop waits for the response: if this process took the
    // lease without knowing, nobody would read the shard until the lease expires.
    const timely = AbortSignal.timeout(this.#options.leaseMilliseconds / 2);
    const step = owner === undefined ? this.#take(lease, timely) : this.#request(lease, timely);
    const settled = step
      .catch((error: unknown) => this.#notAcquired(shardId, error, signal))
      .finally(() => this.#busy.delete(shardId));
    this.#busy.set(shardId, settled);
  }

  async #notAcquired(shardId: string, error: unknown, signal: AbortSignal): Promise<void> {
    const { store, health, metrics } = this.#options;
    const isConflict = error instanceof LeaseConflict;
    metrics.leaseWrites.inc({ result: isConflict ? 'conflict' : 'error' });
    if (signal.aborted) return;
    if (!isConflict) return health.failed('leases', error);
    health.succeeded('leases');
    // The conflict may come from an own write whose response was lost, and the watch may be down. So read the lease.
    await store.read(shardId, signal).catch(() => {});
  }

  async #request(lease: StoredLease, signal: AbortSignal): Promise<void> {
    const { store, member, logger, health, metrics } = this.#options;
    logger.info({ shardId: lease.shardId, owner: lease.owner }, 'asking the owner for the shard');
    await store.requestHandOff(lease, member.name, signal);
    metrics.leaseWrites.inc({ result: 'success' });
    health.succeeded('leases');
  }

  async #take(lease: StoredLease, signal: AbortSignal): Promise<void> {
    const { shardId } = lease;
    const owned = await this.#taker.take(lease, signal);
    this.#owned.set(shardId, owned);
    owned.ended.then((end) => this.#forget(shardId, owned.epoch, end));
  }

  #forget(shardId: string, epoch: number, end: OwnershipEnd): void {
    const { clock, waker, metrics, syncer } = this.#options;
    this.#owned.delete(shardId);
    metrics.leasesOwned.set(this.#owned.size);
    metrics.lagMilliseconds.remove({ shard: shardId });
    metrics.checkpointAgeSeconds.remove({ shard: shardId });
    if (end === 'finished') syncer.wake();
    if (end === 'failed') this.#pauses.failed(shardId, clock.monotonic());
    if (end === 'lost' && this.#hasNamesakeTaken(shardId, epoch))
      this.#pauses.lostToNamesake(shardId, clock.monotonic());
    waker.wake();
  }

  /** True if the store names this process as owner in a later epoch. This process has not taken the shard again. */
  #hasNamesakeTaken(shardId: string, epoch: number): boolean {
    const { store, member } = this.#options;
    const lease = store.leases().find((it) => it.shardId === shardId);
    return lease?.owner === member.name && lease.epoch > epoch;
  }
}

/**
 * True if the last owner gave the shard up, or if the shard never had an owner. Also true if it was handed to a member
 * that left before it took the shard: nobody reads it, and the guard of the store decides if that member still tries.
 */
function isFree({ owner, released }: StoredLease, members: readonly NewMember[]): boolean {
  return released && !members.some(({ name }) => name === owner);
}
