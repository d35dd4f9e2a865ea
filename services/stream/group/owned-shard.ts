import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import { unlessAborted } from '../../shared/unless-aborted.ts';
import type { StoredLease } from '../lease/shard-lease.ts';
import type { StreamMetrics } from '../metrics.ts';
import { PositionLost } from '../read/shard-reader.ts';
import type { ShardConsumer } from '../shard/shard-consumer.ts';
import type { ShardConsumerFactory } from '../shard/shard-consumer-factory.ts';
import type { StreamHealth } from '../stream-health.ts';
import type { WriteGuard } from '../write/write-guard.ts';
import type { HeldLease, Progress } from './held-lease.ts';
import type { ShardCare } from './shard-care.ts';
import { ShardLoad } from './shard-load.ts';

/**
 * Why this process stopped reading a shard. `finished`: the shard was closed and is read to its end. `released`: the
 * shard was given up on request. `lost`: the lease ended. `failed`: the consumer threw.
 */
export type OwnershipEnd = 'finished' | 'released' | 'lost' | 'failed';

const ADVICE = 'set ON_TRIMMED=continue to read on from the oldest record (runbook, "A shard is stopped")';

export interface OwnedShardOptions {
  readonly lease: HeldLease;
  readonly consumers: Pick<ShardConsumerFactory, 'create'>;
  readonly care: ShardCare;
  /** Time to finish what is in flight before the shard is given up. */
  readonly handOffMilliseconds: number;
  readonly onPositionLost: () => void;
  readonly clock: Clock;
  /** Time of Kinesis. */
  readonly serviceNow: () => number;
  readonly logger: Logger;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
}

/** One shard that this process owns: its lease and its consumer. */
export class OwnedShard implements WriteGuard {
  readonly signal: AbortSignal;
  readonly ended: Promise<OwnershipEnd>;
  readonly #options: OwnedShardOptions;
  /** Aborts once the shard was given up, or once the hand-off took too long. */
  readonly #givenUp = new AbortController();
  readonly #asked = Promise.withResolvers<void>();
  readonly #takenMilliseconds: number;
  readonly #load: ShardLoad;
  #consumer: ShardConsumer | undefined;
  #isAsked = false;
  #successor: string | undefined;

  constructor(options: OwnedShardOptions) {
    this.#options = options;
    this.#takenMilliseconds = options.serviceNow();
    this.#load = new ShardLoad(options.clock, options.lease.lease.bytesPerSecond);
    this.signal = AbortSignal.any([options.lease.signal, this.#givenUp.signal]);
    this.ended = this.#run();
  }

  /** Time without progress: since every older record was done, or since the lease was made if no record was done yet. */
  get ageMilliseconds(): number {
    const { lease } = this.#options.lease;
    const { doneThroughMilliseconds } = this.#consumer ?? lease;
    const since = doneThroughMilliseconds || lease.createdMilliseconds || this.#takenMilliseconds;
    return Math.max(0, this.#options.serviceNow() - since);
  }

  get progress(): Progress {
    const { care, lease } = this.#options;
    const { checkpoint, doneThroughMilliseconds } = this.#consumer ?? lease.lease;
    const { bytesPerSecond } = this.#load;
    const { uncleanEnds, trying } = care;
    return { checkpoint, doneThroughMilliseconds, uncleanEnds, trying, bytesPerSecond };
  }

  /** Epoch in which this process took the shard. */
  get epoch(): number {
    return this.#options.lease.epoch;
  }

  assertHeld(): void {
    this.#options.lease.assertHeld();
    this.signal.throwIfAborted();
  }

  /** Call this with what the store shows, at every change. */
  compare(stored: StoredLease | undefined): void {
    this.#options.lease.compare(stored);
  }

  /**
   * Finishes what is in flight, for at most `handOffMilliseconds`, and gives the shard up: to `successor`, or to anybody.
   * A second call has no effect.
   */
  giveUp(successor?: string): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#successor = successor;
    this.#asked.resolve();
    this.#consumer?.drain();
    this.#options.clock.sleep(this.#options.handOffMilliseconds, this.signal).then(
      () => this.#givenUp.abort(new Error('the hand-off took too long')),
      () => {},
    );
  }

  async #run(): Promise<OwnershipEnd> {
    const { lease, care, logger } = this.#options;
    if (care.care === 'records') {
      const { uncleanEnds } = care;
      logger.warn(
        {
          shardId: lease.shardId,
          uncleanEnds,
          ...(care.condemned === undefined ? {} : { condemned: care.condemned }),
        },
        'owners of the shard ended without giving it up: its records are tried alone',
      );
    }
    const end = await this.#consume();
    if (end === 'lost') return end;
    care.putDown();
    if (end === 'failed') await lease.abandon();
    else await lease.release(this.#successor);
    this.#givenUp.abort(new Error('the shard was given up'));
    logger.info({ shardId: lease.shardId, epoch: lease.epoch, successor: this.#successor }, `shard ${end}`);
    return end;
  }

  async #consume(): Promise<OwnershipEnd> {
    const { lease, logger } = this.#options;
    // Lets the constructor return first, so that `ended` is set before anything happens.
    await Promise.resolve();
    try {
      while (await this.#read()) await this.#relax();
      return this.#isAsked ? 'released' : 'finished';
    } catch (error) {
      if (lease.signal.aborted) return 'lost';
      if (this.#givenUp.signal.aborted) return 'released';
      if (error instanceof PositionLost) return await this.#holdUnread(error);
      logger.error({ error, shardId: lease.shardId }, 'shard consumer failed');
      return 'failed';
    }
  }

  /** @returns true if the shard is to be read on with less care */
  async #read(): Promise<boolean> {
    const { lease, consumers, care } = this.#options;
    let relaxes = false;
    const consumer = consumers.create({ ...lease.lease, ...this.progress }, this, {
      care: care.care,
      get condemned() {
        return care.condemned;
      },
      uncleanEnds: care.uncleanEnds,
      note: (position) => this.#note(position),
      onRead: (bytes) => this.#load.add(bytes),
      onProgress: (records) => {
        if (relaxes || !care.progressed(records)) return;
        relaxes = true;
        consumer.drain();
      },
    });
    this.#consumer = consumer;
    if (this.#isAsked) consumer.drain();
    await consumer.run();
    return relaxes && !this.#isAsked && consumer.checkpoint.kind !== 'shard_end';
  }

  async #note(position: string | undefined): Promise<void> {
    const { lease, care } = this.#options;
    this.signal.throwIfAborted();
    care.take(position);
    await unlessAborted(lease.store(), this.signal);
  }

  async #relax(): Promise<void> {
    const { lease, care, logger } = this.#options;
    const { shardId } = lease;
    if (care.care === 'records')
      logger.warn({ shardId }, 'careful reading ends: the suspect records are done');
    care.relax();
    await unlessAborted(lease.store(), this.signal);
  }

  /** Keeps the lease without reading, so that the other members do not try in turn. A person has to decide. */
  async #holdUnread(error: PositionLost): Promise<OwnershipEnd> {
    const { lease } = this.#options;
    this.#reportUntilEnd(error);
    this.#options.onPositionLost();
    const lost = new Promise<void>((resolve) => lease.signal.addEventListener('abort', () => resolve()));
    await Promise.race([this.#asked.promise, lost]);
    return lease.signal.aborted ? 'lost' : 'released';
  }

  #reportUntilEnd(error: PositionLost): void {
    const { lease, logger, health, metrics } = this.#options;
    const part = `position ${lease.shardId}`;
    metrics.trimmed.inc();
    health.held(part, error, ADVICE);
    logger.error(
      { error, shardId: lease.shardId },
      `records may be deleted unread: the shard is not read. ${ADVICE}`,
    );
    void this.ended.then(() => {
      metrics.trimmed.dec();
      health.ended(part);
    });
  }
}
