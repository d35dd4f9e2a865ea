import { backoffMilliseconds } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import { streamNameOf } from '../../shared/stream-reference.ts';
import type { Shard, StreamClient } from '../client/stream-client.ts';
import { isStreamError } from '../client/stream-error.ts';
import { LeaseConflict, type LeaseStore } from '../lease/lease-store.ts';
import type { ShardLease, StoredLease } from '../lease/shard-lease.ts';
import { UnreadableLeaseError } from '../lease/unreadable-lease.ts';
import type { StreamHealth } from '../stream-health.ts';
import { inOrderOfUse } from './lease-order.ts';
import { type LeasePlan, planLeases, type StartPosition } from './lease-plan.ts';
import { isOfAnotherStream, type LeaseRepair, type StreamFacts } from './lease-repair.ts';
import type { LeaseRepairer } from './lease-repairer.ts';
import { Waker } from './waker.ts';
import { type WriteBudget, withinBudget } from './write-budget.ts';

/** Every member makes leases at this rate. The API server has other clients as well. */
const SHARED_BUDGET: WriteBudget = { inFlight: 16, perSecond: 50 };
/** A lease file takes all leases in one write. */
const UNSHARED_BUDGET: WriteBudget = {
  inFlight: Number.POSITIVE_INFINITY,
  perSecond: Number.POSITIVE_INFINITY,
};
/** Making few leases takes no time worth telling. */
const PROGRESS_MILLISECONDS = 1_000;
const BACKOFF = { baseMilliseconds: 250, maximumMilliseconds: 10_000 };

/** Part of the health. */
const NEW_LEASES = 'new leases';

export interface LeaseSyncerOptions {
  readonly client: StreamClient;
  readonly stream: string;
  readonly store: LeaseStore;
  readonly start: StartPosition;
  /** When the stream was created, as far as is known at the start. */
  readonly streamCreatedMilliseconds: number;
  readonly repairer: LeaseRepairer;
  readonly intervalMilliseconds: number;
  /** Shards that this process reads. If the lease of such a shard is deleted, its owner restores it with its progress. */
  readonly owned: Pick<ReadonlyMap<string, unknown>, 'has'>;
  readonly clock: Clock;
  /** Time of Kinesis. */
  readonly serviceNow: () => number;
  readonly health: StreamHealth;
  readonly logger: Logger;
}

/** Keeps one lease for each shard of the stream. Every member does this, because the work is idempotent. */
export class LeaseSyncer {
  readonly #options: LeaseSyncerOptions;
  readonly #waker: Waker;
  readonly #reported = new Set<string>();
  /** Shards whose lease was refused at the last look, because it exists. */
  #refused: ReadonlySet<string> = new Set();
  /** Result of the last ListShards. Undefined before the first. */
  #shards: readonly Shard[] | undefined;
  #listed: ReadonlyMap<string, Shard> = new Map();
  #streamCreatedMilliseconds: number;
  /** The time in the last description, which may contradict the time above. */
  #lastSeenCreated: number;

  constructor(options: LeaseSyncerOptions) {
    this.#options = options;
    this.#streamCreatedMilliseconds = options.streamCreatedMilliseconds;
    this.#lastSeenCreated = options.streamCreatedMilliseconds;
    this.#waker = new Waker(options.clock);
  }

  /** Milliseconds since the epoch. 0 if unknown. */
  get streamCreatedMilliseconds(): number {
    return this.#streamCreatedMilliseconds;
  }

  /** False if the lease must be replaced before its shard is read, because its position is of another stream. */
  isOfStream(lease: ShardLease): boolean {
    return !isOfAnotherStream(lease, this.#streamCreatedMilliseconds);
  }

  /** Looks at the stream at once, instead of at the next interval. */
  wake(): void {
    this.#waker.wake();
  }

  /**
   * Returns a test for shards that are not among the leases: true if the shard will get a lease, or has a lease that
   * cannot be read. Always true before the first ListShards.
   */
  awaitsLease(): (shardId: string) => boolean {
    const { store } = this.#options;
    const shards = this.#shards;
    if (shards === undefined) return () => true;
    // Most groups never need the plan: it is made only for a parent that is in the stream and has no lease.
    let awaited: ReadonlySet<string> | undefined;
    return (shardId) => {
      if (store.isUnreadable(shardId)) return true;
      if (!this.#listed.has(shardId)) return false;
      awaited ??= new Set(this.#plan(shards, []).create.map((lease) => lease.shardId));
      return awaited.has(shardId);
    };
  }

  /** Syncs at every interval and after each `wake`, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { health, intervalMilliseconds } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#sync(signal);
        failures = 0;
        health.succeeded('shards');
        health.started();
        await this.#waker.wait(intervalMilliseconds * (0.9 + 0.2 * Math.random()), signal);
      } catch (error) {
        if (signal.aborted) return;
        health.failed('shards', error);
        await this.#options.clock.sleep(backoffMilliseconds(failures++, BACKOFF), signal).catch(() => {});
      }
    }
  }

  async #sync(signal: AbortSignal): Promise<void> {
    const { client, stream, store, owned, repairer, logger } = this.#options;
    const isDescribed = await this.#describe(signal);
    this.#shards = await client.listShards(stream, signal);
    this.#listed = new Map(this.#shards.map((shard) => [shard.shardId, shard]));
    const facts = this.#facts;
    // Another member may know a newer stream. Only what this look has seen may replace its leases.
    const repairs = isDescribed ? repairer.plan(this.#listed, facts) : [];
    const { create, remove, vanished } = this.#plan(this.#shards, repairs);
    const missing = create.filter(({ shardId }) => !owned.has(shardId));
    // New leases come first: while an old lease is there, all shards count as shards of a new stream.
    await this.#make(inOrderOfUse(missing, this.#shards), signal);
    if (isDescribed) await repairer.apply(repairs, this.#listed, facts, signal);
    for (const lease of remove) await unlessConflict(store.remove(lease, signal));
    for (const lease of vanished) this.#reportVanished(lease);
    if (missing.length > 0)
      logger.info(
        { stream: streamNameOf(stream), shards: missing.map(({ shardId }) => shardId) },
        'new shards',
      );
  }

  /** The group takes and reads the first shards while the leases of the last are still being made. */
  async #make(leases: readonly ShardLease[], signal: AbortSignal): Promise<void> {
    const { store, clock, health } = this.#options;
    const budget = store.isShared ? SHARED_BUDGET : UNSHARED_BUDGET;
    let toldAt = clock.monotonic();
    const refused = new Set<string>();
    try {
      await withinBudget(this.#unmade(leases), budget, clock, signal, async (lease) => {
        if (!(await this.#create(lease, signal))) refused.add(lease.shardId);
        health.started();
        if (clock.monotonic() - toldAt < PROGRESS_MILLISECONDS) return;
        toldAt = clock.monotonic();
        this.#tellProgress(leases);
      });
    } finally {
      health.ended(NEW_LEASES);
    }
    this.#refused = refused;
  }

  /**
   * A lease that exists comes from another member, and the store shows it soon. If it is refused at two looks, the store
   * does not see it: a person may have removed its label. Then it is read by name, and its next owner writes the label.
   * @returns false if the lease exists already
   */
  async #create(lease: ShardLease, signal: AbortSignal): Promise<boolean> {
    const { store } = this.#options;
    try {
      await store.create(lease, signal);
      return true;
    } catch (error) {
      if (!(error instanceof LeaseConflict)) throw error;
      if (this.#refused.has(lease.shardId)) await unlessUnreadable(store.read(lease.shardId, signal));
      return false;
    }
  }

  /** Leaves out the leases that other members have made since the plan. */
  *#unmade(leases: readonly ShardLease[]): Generator<ShardLease> {
    const { store } = this.#options;
    for (const lease of leases)
      if (!store.leases().some(({ shardId }) => shardId === lease.shardId)) yield lease;
  }

  #tellProgress(leases: readonly ShardLease[]): void {
    const { store, stream, logger, health } = this.#options;
    const known = new Set(store.leases().map(({ shardId }) => shardId));
    const made = leases.filter(({ shardId }) => known.has(shardId)).length;
    const message = `${made} of ${leases.length} leases made`;
    logger.info({ stream: streamNameOf(stream), made, leases: leases.length }, message);
    health.progressed(NEW_LEASES, message);
  }

  #plan(shards: readonly Shard[], repairs: readonly LeaseRepair[]): LeasePlan {
    const { store, start } = this.#options;
    const after = new Map(repairs.map((repair) => [repair.before.shardId, repair.after]));
    // A shard whose lease is of another stream is not done, and gets another lease.
    const leases = store
      .leases()
      .filter(
        (lease) => after.has(lease.shardId) || !this.#listed.has(lease.shardId) || this.isOfStream(lease),
      )
      .map((lease) => after.get(lease.shardId) ?? lease);
    // No record of a new stream was read, whatever the start position says.
    const from: StartPosition = this.#isRecreated ? { type: 'TRIM_HORIZON' } : start;
    const isUnreadable = (shardId: string) => store.isUnreadable(shardId);
    const plan = planLeases(shards, leases, from, this.#facts, isUnreadable);
    return { ...plan, remove: plan.remove.filter(({ shardId }) => !after.has(shardId)) };
  }

  get #isRecreated(): boolean {
    return this.#options.store.leases().some((lease) => !this.isOfStream(lease));
  }

  get #facts(): StreamFacts {
    const { serviceNow } = this.#options;
    return { streamCreatedMilliseconds: this.#streamCreatedMilliseconds, nowMilliseconds: serviceNow() };
  }

  /**
   * @returns false if the stream could not be described, because the call has a low limit and a right of its own, or if
   * the answer contradicts the look before
   * @throws StreamError if the stream is missing, or if it may have been created anew
   */
  async #describe(signal: AbortSignal): Promise<boolean> {
    const { client, stream, logger } = this.#options;
    try {
      const { createdMilliseconds } = await client.describe(stream, signal);
      const isSeenAgain = createdMilliseconds === this.#lastSeenCreated;
      this.#lastSeenCreated = createdMilliseconds;
      // A new stream costs all positions. So two looks must agree, because one answer may be odd.
      if (createdMilliseconds !== this.#streamCreatedMilliseconds && !isSeenAgain) return false;
      this.#streamCreatedMilliseconds = createdMilliseconds;
      return true;
    } catch (error) {
      if (signal.aborted || isStreamError(error, 'not_found') || this.#isRecreated) throw error;
      logger.warn({ error, stream }, 'the stream could not be described, so its leases are not checked');
      return false;
    }
  }

  #reportVanished({ shardId }: StoredLease): void {
    if (this.#reported.has(shardId)) return;
    this.#reported.add(shardId);
    this.#options.logger.error({ shardId }, 'shard left the stream before it was read to its end');
  }
}

async function unlessConflict(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof LeaseConflict)) throw error;
  }
}

/** The store notes such a lease, and the group tells of it. */
async function unlessUnreadable(read: Promise<unknown>): Promise<void> {
  try {
    await read;
  } catch (error) {
    if (!(error instanceof UnreadableLeaseError)) throw error;
  }
}
