import { backoffMilliseconds } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import { type Checkpoint, formatCheckpoint } from '../checkpoint.ts';
import { LeaseConflict, type LeaseStore } from '../lease/lease-store.ts';
import type { ShardLease, StoredLease } from '../lease/shard-lease.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { StreamHealth } from '../stream-health.ts';
import type { WriteGuard } from '../write/write-guard.ts';
import { Waker } from './waker.ts';

const LONGEST_WRITE_MILLISECONDS = 60_000;
/** An idle shard stores only this often until when it is done. The retention check needs it, and counts in hours. */
const IDLE_SAVE_MILLISECONDS = 60_000;
const BACKOFF = { baseMilliseconds: 100, maximumMilliseconds: 1_000 };

/** The lease belongs to another member, or may belong to another member. */
class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** How far the shard is done, and what the next owner must know. It is stored at each renewal. */
export type Progress = Pick<
  ShardLease,
  'checkpoint' | 'doneThroughMilliseconds' | 'uncleanEnds' | 'trying' | 'bytesPerSecond'
>;

export interface HeldLeaseOptions {
  readonly lease: StoredLease;
  readonly store: LeaseStore;
  readonly renewMilliseconds: number;
  /** How long a renewal is valid for this process. Peers wait longer, so that writes in flight arrive before they take over. */
  readonly validMilliseconds: number;
  readonly progress: () => Progress;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
  /** Monotonic time before the write that took the lease was sent. */
  readonly takenAt: number;
}

/** A lease that this process owns. Renews the lease, stores the progress, and knows until when the lease is valid. */
export class HeldLease implements WriteGuard {
  readonly signal: AbortSignal;
  readonly #options: HeldLeaseOptions;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();
  readonly #waker: Waker;
  #lease: StoredLease;
  #heldUntil: number;
  /** True if the next renewal must write, even if the shard made no progress. */
  #mustWrite = false;
  /** Checkpoint of the last write that was sent. The response to that write may have been lost. */
  #sentCheckpoint: Checkpoint;
  #renewing: Promise<void>;
  /** Callers of `store` whose progress is not in the store yet. */
  #awaiting: (() => void)[] = [];

  constructor(options: HeldLeaseOptions) {
    this.#options = options;
    this.#waker = new Waker(options.clock);
    this.#lease = options.lease;
    this.signal = this.#lost.signal;
    this.#heldUntil = this.#validFrom(options.takenAt);
    this.#sentCheckpoint = options.lease.checkpoint;
    this.#renewing = this.#renewUntilEnd();
  }

  get shardId(): string {
    return this.#lease.shardId;
  }

  get epoch(): number {
    return this.#lease.epoch;
  }

  get lease(): StoredLease {
    return this.#lease;
  }

  assertHeld(): void {
    // When a suspended process wakes, its timers have not run yet. Only the clock shows that time has passed.
    if (this.#options.clock.monotonic() >= this.#heldUntil)
      this.#lose('expired', 'it was not renewed in time');
    this.signal.throwIfAborted();
  }

  /** Call this with what the store shows. A change by a person is then noticed at once, not at the next renewal. */
  compare(stored: StoredLease | undefined): void {
    if (this.#ended.signal.aborted || this.signal.aborted) return;
    if (stored === undefined) this.#writeNow();
    else if (!this.#isOurs(stored)) this.#lose('taken', describe(stored));
    else if (stored.version !== this.#lease.version && !this.#isKnown(stored)) this.#writeNow();
  }

  /** Stores the progress now. Never resolves if the lease is lost or given up before. */
  store(): Promise<void> {
    const stored = Promise.withResolvers<void>();
    this.#awaiting.push(stored.resolve);
    this.#writeNow();
    return stored.promise;
  }

  /** Gives the lease up with the last progress: to `owner`, or to anybody. If that fails, the lease expires by itself. */
  async release(owner?: string): Promise<void> {
    this.#ended.abort();
    await this.#renewing;
    const changes = {
      owner,
      handOffTo: undefined,
      released: true,
      epoch: this.#lease.epoch + (owner === undefined ? 0 : 1),
    };
    while (!this.signal.aborted) {
      try {
        this.assertHeld();
        return await this.#write(changes);
      } catch (error) {
        if (this.signal.aborted) return;
        await this.#afterFailure(error, 0);
      }
    }
  }

  /** Stops renewing at once, and leaves the lease in the store as it is. */
  async abandon(): Promise<void> {
    this.#lose('abandoned', 'its consumer failed');
    await this.#renewing;
  }

  async #renewUntilEnd(): Promise<void> {
    const { clock, renewMilliseconds } = this.#options;
    const end = AbortSignal.any([this.#lost.signal, this.#ended.signal]);
    let failures = 0;
    while (!end.aborted) {
      const wait = failures === 0 ? renewMilliseconds : backoffMilliseconds(failures - 1, BACKOFF);
      const left = this.#heldUntil - clock.monotonic();
      await this.#waker.wait(Math.max(0, Math.min(wait, left)), end).catch(() => {});
      if (end.aborted) return;
      try {
        this.assertHeld();
        if (this.#isWorthAWrite()) await this.#write({});
        else this.#heldUntil = this.#validFrom(clock.monotonic());
        failures = 0;
      } catch (error) {
        if (!end.aborted) await this.#afterFailure(error, failures++);
      }
    }
  }

  #progress(): Progress {
    const { checkpoint, doneThroughMilliseconds, uncleanEnds, trying, bytesPerSecond } =
      this.#options.progress();
    return { checkpoint, doneThroughMilliseconds, uncleanEnds, trying, bytesPerSecond };
  }

  #writeNow(): void {
    this.#mustWrite = true;
    this.#waker.wake();
  }

  /** Peers wait for a sign of life. In a store that is not shared there are no peers, and only progress is worth a write. */
  #isWorthAWrite(): boolean {
    const { store, progress } = this.#options;
    const { checkpoint, doneThroughMilliseconds, uncleanEnds, trying } = progress();
    const stored = this.#lease;
    return (
      store.isShared ||
      this.#mustWrite ||
      formatCheckpoint(checkpoint) !== formatCheckpoint(stored.checkpoint) ||
      uncleanEnds !== stored.uncleanEnds ||
      trying !== stored.trying ||
      doneThroughMilliseconds - stored.doneThroughMilliseconds >= IDLE_SAVE_MILLISECONDS
    );
  }

  async #write(changes: Partial<StoredLease>): Promise<void> {
    const { store, clock, metrics, health } = this.#options;
    const sentAt = clock.monotonic();
    const deadline = AbortSignal.timeout(
      Math.min(Math.max(1, Math.ceil(this.#heldUntil - sentAt)), LONGEST_WRITE_MILLISECONDS),
    );
    const signal = AbortSignal.any([this.#lost.signal, deadline]);
    const awaiting = this.#awaiting.splice(0);
    this.#mustWrite = false;
    const next = { ...this.#lease, ...this.#progress(), ...changes };
    this.#sentCheckpoint = next.checkpoint;
    try {
      this.#lease = await store.replace(next, signal);
    } catch (error) {
      this.#awaiting.unshift(...awaiting);
      this.#mustWrite = true;
      throw error;
    }
    for (const stored of awaiting) stored();
    this.#heldUntil = this.#validFrom(sentAt);
    metrics.leaseWrites.inc({ result: 'success' });
    health.succeeded(`lease ${this.shardId}`);
  }

  async #afterFailure(error: unknown, failures: number): Promise<void> {
    const { metrics, health, clock } = this.#options;
    if (error instanceof LeaseLost) return;
    metrics.leaseWrites.inc({ result: error instanceof LeaseConflict ? 'conflict' : 'error' });
    if (error instanceof LeaseConflict) return this.#resolveConflict();
    health.failed(`lease ${this.shardId}`, error);
    await clock.sleep(backoffMilliseconds(failures, BACKOFF), this.signal).catch(() => {});
  }

  /** Another writer was faster. If it only asked for the shard, the lease is still ours. Otherwise the lease is lost. */
  async #resolveConflict(): Promise<void> {
    const { store, health } = this.#options;
    try {
      const stored = await store.read(this.shardId, this.signal);
      if (stored === undefined) return await this.#restore();
      if (!this.#isOurs(stored)) return this.#lose('taken', describe(stored));
      if (!this.#isKnown(stored)) return this.#lose('edited', 'a person changed its checkpoint');
      this.#lease = stored;
    } catch (error) {
      if (!this.signal.aborted) health.failed(`lease ${this.shardId}`, error);
    }
  }

  /** A person deleted the lease. Only this process knows the progress, so it creates the lease again. */
  async #restore(): Promise<void> {
    const { store, logger } = this.#options;
    logger.warn({ shardId: this.shardId }, 'lease was deleted while this process owns it, creating it again');
    try {
      this.#lease = await store.create({ ...this.#lease, ...this.#progress() }, this.signal);
    } catch (error) {
      if (error instanceof LeaseConflict)
        this.#lose('deleted', 'it was deleted, and another member created it again');
      else throw error;
    }
  }

  /**
   * True if this process wrote the checkpoint. The response to its last write may have been lost. A tool that edits the
   * position also changes the time of creation, so even an edit to the stored checkpoint is noticed.
   */
  #isKnown({ checkpoint, createdMilliseconds }: StoredLease): boolean {
    if (createdMilliseconds !== this.#lease.createdMilliseconds) return false;
    const known = [this.#lease.checkpoint, this.#sentCheckpoint].map(formatCheckpoint);
    return known.includes(formatCheckpoint(checkpoint));
  }

  #isOurs({ owner, epoch }: StoredLease): boolean {
    return owner === this.#lease.owner && epoch === this.#lease.epoch;
  }

  #validFrom(sentAt: number): number {
    return sentAt + this.#options.validMilliseconds;
  }

  #lose(reason: string, message: string): void {
    if (this.signal.aborted) return;
    const { metrics, logger, health } = this.#options;
    metrics.leasesLost.inc({ reason });
    logger.warn({ shardId: this.shardId, epoch: this.epoch, reason }, `lease lost: ${message}`);
    health.ended(`lease ${this.shardId}`);
    this.#lost.abort(new LeaseLost(`lease of ${this.shardId}: ${message}`));
  }
}

function describe({ owner, epoch }: StoredLease): string {
  return `it belongs to ${owner ?? 'nobody'} in epoch ${epoch}`;
}
