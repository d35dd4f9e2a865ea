import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import type { LeaseStore } from '../lease/lease-store.ts';
import type { NewMember, StoredLease } from '../lease/shard-lease.ts';
import { doneThroughWithParents } from '../lease/unread-since.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { ShardConsumerFactory } from '../shard/shard-consumer-factory.ts';
import type { StreamHealth } from '../stream-health.ts';
import { HeldLease } from './held-lease.ts';
import type { LeaseSyncer } from './lease-syncer.ts';
import { OwnedShard } from './owned-shard.ts';
import { ShardCare, type Suspicion } from './shard-care.ts';
import { takenLease } from './taken-lease.ts';

/** Share of the lease duration after which an owner without a renewal stops reading. Peers wait for the full duration. */
const SELF_STOP_SHARE = 0.8;
const UNSHARED_RENEW_MILLISECONDS = 1_000;
/** Batches are tried alone for so many lease durations. The record at fault is at most the work of half a lease ahead. */
const WATCHED_LEASES = 2;

export interface ShardTakerOptions {
  readonly store: LeaseStore;
  readonly member: NewMember;
  readonly leaseMilliseconds: number;
  /** Time to finish what is in flight before a shard is given up. */
  readonly handOffMilliseconds: number;
  readonly consumers: Pick<ShardConsumerFactory, 'create'>;
  /** Records that may have ended an owner: how often before they are tried alone, and how many. */
  readonly suspicion: Suspicion;
  readonly syncer: Pick<LeaseSyncer, 'streamCreatedMilliseconds' | 'wake'>;
  readonly clock: Clock;
  /** Time of Kinesis. */
  readonly serviceNow: () => number;
  readonly logger: Logger;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
}

/** Makes this process the owner of a shard, and begins to read the shard. */
export class ShardTaker {
  readonly #options: ShardTakerOptions;

  constructor(options: ShardTakerOptions) {
    this.#options = options;
  }

  /** @throws LeaseConflict if another process wrote the lease since it was read */
  async take(lease: StoredLease, signal: AbortSignal): Promise<OwnedShard> {
    const { store, member, suspicion, syncer, clock, logger, metrics, health } = this.#options;
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
    return this.#own(taken, takenAt);
  }

  #own(taken: StoredLease, takenAt: number): OwnedShard {
    const { store, consumers, suspicion, syncer, leaseMilliseconds, handOffMilliseconds } = this.#options;
    const { clock, serviceNow, logger, metrics, health } = this.#options;
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
    return owned;
  }
}

/** From whom `member` takes the shard. */
function originOf(
  { owner, released }: StoredLease,
  member: NewMember,
): 'itself' | 'nobody' | 'expired owner' {
  if (owner === member.name) return 'itself';
  return owner === undefined || released ? 'nobody' : 'expired owner';
}
