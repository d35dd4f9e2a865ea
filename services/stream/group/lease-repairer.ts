import type { Logger } from '../../shared/logging.ts';
import { formatCheckpoint } from '../checkpoint.ts';
import type { Shard } from '../client/stream-client.ts';
import { LeaseConflict, type LeaseStore } from '../lease/lease-store.ts';
import type { StoredLease } from '../lease/shard-lease.ts';
import { UnreadableLeaseError } from '../lease/unreadable-lease.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { StreamHealth } from '../stream-health.ts';
import { type LeaseRepair, repairOf, type StreamFacts } from './lease-repair.ts';

/** Writes that another member or the owner was faster with are tried this often. The next look at the stream tries again. */
const MAXIMUM_TRIES = 3;
const HEALTH_PART = 'stream';
const ADVICE = 'see the runbook, "The stream was created anew"';

export interface LeaseRepairerOptions {
  readonly stream: string;
  readonly store: LeaseStore;
  readonly logger: Logger;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
}

/** Replaces leases that contradict the stream, and says so. Every member does this, because the work is idempotent. */
export class LeaseRepairer {
  readonly #options: LeaseRepairerOptions;
  /** Shards that were open at the last look, although their leases say that they have ended. */
  #doubtful: ReadonlySet<string> = new Set();

  constructor(options: LeaseRepairerOptions) {
    this.#options = options;
  }

  /** Call this at each look at the stream. An open shard with an ended lease must be seen twice: the list may be older. */
  plan(shards: ReadonlyMap<string, Shard>, facts: StreamFacts): readonly LeaseRepair[] {
    const all = this.#options.store
      .leases()
      .flatMap((lease) => repairOf(lease, shards.get(lease.shardId), facts) ?? []);
    const doubtful = all.filter(({ reason }) => reason === 'reopened').map(({ before }) => before.shardId);
    const repairs = all.filter(
      ({ reason, before }) => reason === 'recreated' || this.#doubtful.has(before.shardId),
    );
    this.#doubtful = new Set(doubtful);
    return repairs;
  }

  async apply(
    repairs: readonly LeaseRepair[],
    shards: ReadonlyMap<string, Shard>,
    facts: StreamFacts,
    signal: AbortSignal,
  ): Promise<void> {
    const isRecreated = repairs.some(({ reason }) => reason === 'recreated');
    if (isRecreated) this.#options.health.held(HEALTH_PART, this.#loss(facts), ADVICE);
    else this.#options.health.ended(HEALTH_PART);
    const done: LeaseRepair[] = [];
    try {
      for (const repair of repairs) {
        const written = await this.#write(repair, shards.get(repair.before.shardId), facts, signal);
        if (written) done.push(written);
      }
    } finally {
      this.#report(done, facts);
    }
  }

  /** @returns the repair that this member made; undefined if another member made it */
  async #write(
    repair: LeaseRepair,
    shard: Shard | undefined,
    facts: StreamFacts,
    signal: AbortSignal,
  ): Promise<LeaseRepair | undefined> {
    const { store } = this.#options;
    let next: LeaseRepair | undefined = repair;
    for (let tries = 0; next && tries < MAXIMUM_TRIES; tries++) {
      try {
        await store.replace(next.after, signal);
        return next;
      } catch (error) {
        if (!(error instanceof LeaseConflict)) throw error;
        const stored = await this.#read(repair.before.shardId, signal);
        next = stored && repairOf(stored, shard, facts);
      }
    }
    return undefined;
  }

  /** Undefined also if the lease cannot be read: only a person can repair it. It must not stop the other repairs. */
  async #read(shardId: string, signal: AbortSignal): Promise<StoredLease | undefined> {
    try {
      return await this.#options.store.read(shardId, signal);
    } catch (error) {
      if (error instanceof UnreadableLeaseError) return undefined;
      throw error;
    }
  }

  #report(done: readonly LeaseRepair[], facts: StreamFacts): void {
    const { logger, metrics } = this.#options;
    for (const { reason } of done) metrics.replacedLeases.inc({ reason });
    const leases = (of: LeaseRepair['reason']) =>
      done.filter(({ reason }) => reason === of).map(({ before }) => describe(before));
    if (leases('recreated').length > 0) {
      logger.error({ leases: leases('recreated') }, this.#loss(facts).message);
    }
    if (leases('reopened').length > 0) {
      logger.error(
        { leases: leases('reopened') },
        'open shards had leases with SHARD_END: they are read on from the time through which they were read',
      );
    }
  }

  #loss({ streamCreatedMilliseconds }: StreamFacts): Error {
    const created = new Date(streamCreatedMilliseconds).toISOString();
    return new Error(
      `the stream ${this.#options.stream} was deleted and created anew at ${created}: what was not read of the old stream is gone, and the new stream is read from its oldest record`,
    );
  }
}

function describe({ shardId, checkpoint, doneThroughMilliseconds }: StoredLease): object {
  const doneThrough =
    doneThroughMilliseconds > 0 ? new Date(doneThroughMilliseconds).toISOString() : 'unknown';
  return { shardId, checkpoint: formatCheckpoint(checkpoint), doneThrough };
}
