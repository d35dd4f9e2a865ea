import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import { LeaseConflict, type LeaseStore } from '../lease/lease-store.ts';
import type { NewMember, StoredLease } from '../lease/shard-lease.ts';
import { doneThroughWithParents } from '../lease/unread-since.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { ShardConsumerFactory } from '../shard/shard-consumer-factory.ts';
import type { StreamHealth } from '../stream-health.ts';
import { ChangeObserver } from './change-observer.ts';
import { UnreadGap } from './hash-range-gap.ts';
import { HeldLease } from './held-lease.ts';
import { readableLeases } from './lease-plan.ts';
import type { LeaseSyncer } from './lease-syncer.ts';
import { Membership } from './membership.ts';
import { OwnedShard, type OwnershipEnd } from './owned-shard.ts';
import { plan } from './planner.ts';
import { ShardCare, type Suspicion } from './shard-care.ts';
import { takenLease } from './taken-lease.ts';
import type { Waker } from './waker.ts';

/** An expired lease is noticed at most this late. */
const TICK_MILLISECONDS = 500;
/** Share of the lease duration after which an owner without a renewal stops reading. Peers wait for the full duration. */
const SELF_STOP_SHARE = 0.8;
const UNSHARED_RENEW_MILLISECONDS = 1_000;
/** Ages are set this often, because Prometheus looks at them only every few seconds. */
const AGE_MILLISECONDS = 2_000;
/** Batches are tried alone for so many lease durations. The record at fault is at most the work of half a lease ahead. */
const WATCHED_LEASES = 2;
/** Stands for the owner of a lease from which a person removed the owner. No member has this name. */
const UNKNOWN_OWNER = '';
const FAILED_SHARD_PAUSE_MILLISECONDS = 5_000;
export interface ConsumerGroupOptions {
  readonly store: LeaseStore;
  readonly member: NewMember;
  readonly leaseMilliseconds: number;
  /** No shard is moved until the members have been the same for this long. */
  readonly settleMilliseconds: number;
  /** Time to finish what is in flight before a shard is given up. */
  readonly handOffMilliseconds: number;
  readonly consumers: Pick<ShardConsumerFactory, 'create'>;
  /** Records that may have ended an owner: how often before they are tried alone, and how many. */
  readonly suspicion: Suspicion;
  /** Shards that this process reads, by id. Only the group changes the map. */
  readonly owned: Map<string, OwnedShard>;
  readonly syncer: Pick<LeaseSyncer, 'awaitsLease' | 'isOfStream' | 'streamCreatedMilliseconds' | 'wake'>;
  readonly waker: Waker;
  readonly clock: Clock;
  /** Time of Kinesis. */
  readonly serviceNow: () => number;
  readonly logger: Logger;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
}

/** Takes, requests and gives up shards until this member reads the shards that the plan assigns to it. */
export class ConsumerGroup {
  readonly #options: ConsumerGroupOptions;
  readonly #membership: Membership;
  readonly #renewals = new ChangeObserver();
  readonly #gap = new UnreadGap();
  readonly #owned: Map<string, OwnedShard>;
  /** Shards whose lease this process is writing. */
  readonly #busy = new Map<string, Promise<void>>();
  readonly #pausedUntil = new Map<string, number>();
  #actedAt: number;
  #agesShownAt = Number.NEGATIVE_INFINITY;

  constructor(options: ConsumerGroupOptions) {
    this.#options = options;
    this.#owned = options.owned;
    this.#membership = new Membership(options);
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
    const ofStream = leases.filter((lease) => syncer.isOfStream(lease));
    const readable = readableLeases(ofStream, syncer.awaitsLease());
    const owners = new Map(readable.map((lease) => [lease.shardId, this.#liveOwner(lease, members, now)]));
    const target = this.#plan(readable, owners, members, now);
    const wanted: StoredLease[] = [];
    for (const lease of readable) {
      const owned = this.#owned.get(lease.shardId);
      if (owned && !target.has(lease.shardId)) owned.giveUp();
      else if (owned) this.#answerRequest(owned, lease, members);
      else if (lease.owner === member.name || target.get(lease.shardId) === member.name) wanted.push(lease);
    }
    for (const lease of wanted) this.#acquire(lease, owners.get(lease.shardId), members, now, signal);
    if (wanted.length === 0) health.ended('leases');
    metrics.leasesOwned.set(this.#owned.size);
    metrics.unownedShards.set([...owners.values()].filter((owner) => owner === undefined).length);
    if (leases.length > 0) metrics.hashRangeGap.set(this.#gap.of(leases));
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
    if (this.#busy.has(shardId) || (this.#pausedUntil.get(shardId) ?? 0) > now) return;
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
    const { store, member, consumers, suspicion, syncer, clock, serviceNow, logger, metrics, health } =
      this.#options;
    const { leaseMilliseconds, handOffMilliseconds } = this.#options;
    const takenAt = clock.monotonic();
    const doneThroughMilliseconds = doneThroughWithParents(lease, store.leases());
    const next = {
      ...takenLease(lease, member, suspicion.attempts),
      doneThroughMilliseconds,
      // An older lease does not name its stream. It does not contradict this stream, so it is of this stream.
      streamCreatedMilliseconds: lease.streamCreatedMilliseconds || syncer.streamCreatedMilliseconds,
    };
    const taken = await store.replace(next, signal);
    metrics.leaseWrites.inc({ result: 'success' });
    health.succeeded('leases');
    const from = originOf(lease, member);
    metrics.leaseTakes.inc({ from });
    const { shardId, epoch, uncleanEnds } = taken;
    logger.info({ shardId, epoch, from, ...(uncleanEnds > 0 ? { uncleanEnds } : {}) }, 'shard taken');
    const renewMilliseconds = store.isShared ? leaseMilliseconds / 2 : UNSHARED_RENEW_MILLISECONDS;
    let owned: OwnedShard | undefined;
    const held = new HeldLease({
      lease: taken,
      store,
      renewMilliseconds,
      validMilliseconds: store.isShared ? leaseMilliseconds * SELF_STOP_SHARE : Number.POSITIVE_INFINITY,
      progress: () => owned?.progress ?? taken,
      clock,
      logger,
      health,
      metrics,
      takenAt,
    });
    owned = new OwnedShard({
      lease: held,
      consumers,
      care: new ShardCare({
        lease: taken,
        ...suspicion,
        // The first renewal must find the owner healthy.
        healthyMilliseconds: renewMilliseconds / 2,
        watchedMilliseconds: leaseMilliseconds * WATCHED_LEASES,
        clock,
      }),
      handOffMilliseconds,
      // The stream may be another one: look at it before a person has to.
      onPositionLost: () => syncer.wake(),
      clock,
      serviceNow,
      logger,
      health,
      metrics,
    });
    this.#owned.set(lease.shardId, owned);
    owned.ended.then((end) => this.#forget(lease.shardId, end));
  }

  #forget(shardId: string, end: OwnershipEnd): void {
    const { clock, waker, metrics, syncer } = this.#options;
    this.#owned.delete(shardId);
    metrics.leasesOwned.set(this.#owned.size);
    metrics.lagMilliseconds.remove({ shard: shardId });
    metrics.checkpointAgeSeconds.remove({ shard: shardId });
    if (end === 'finished') syncer.wake();
    if (end === 'failed') this.#pausedUntil.set(shardId, clock.monotonic() + FAILED_SHARD_PAUSE_MILLISECONDS);
    waker.wake();
  }
}

/**
 * True if the last owner gave the shard up, or if the shard never had an owner. Also true if it was handed to a member
 * that left before it took the shard: nobody reads it, and the guard of the store decides if that member still tries.
 */
function isFree({ owner, released }: StoredLease, members: readonly NewMember[]): boolean {
  return released && !members.some(({ name }) => name === owner);
}

/** From whom `member` takes the shard. */
function originOf(
  { owner, released }: StoredLease,
  member: NewMember,
): 'itself' | 'nobody' | 'expired owner' {
  if (owner === member.name) return 'itself';
  return owner === undefined || released ? 'nobody' : 'expired owner';
}
