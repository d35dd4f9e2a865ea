import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import type { StoredLease } from '../lease/shard-lease.ts';
import { PositionLost } from '../read/shard-reader.ts';
import type { ShardConsumer } from '../shard/shard-consumer.ts';
import type { WriteGuard } from '../write/write-guard.ts';
import type { HeldLease } from './held-lease.ts';

/** `finished`: the shard ended and is done. `released`: given up on request. `lost`: the lease is gone. `failed`: unexpected. */
export type OwnershipEnd = 'finished' | 'released' | 'lost' | 'failed';

export interface OwnedShardOptions {
  readonly lease: HeldLease;
  readonly createConsumer: (guard: WriteGuard) => ShardConsumer;
  readonly handOffMilliseconds: number;
  readonly onPositionLost: (error: PositionLost) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One shard in this process's care: its lease and whoever reads it. */
export class OwnedShard implements WriteGuard {
  readonly signal: AbortSignal;
  readonly ended: Promise<OwnershipEnd>;
  readonly #options: OwnedShardOptions;
  readonly #cut = new AbortController();
  readonly #asked = Promise.withResolvers<void>();
  #consumer: ShardConsumer | undefined;
  #wanted = false;
  #heir: string | undefined;

  constructor(options: OwnedShardOptions) {
    this.#options = options;
    this.signal = AbortSignal.any([options.lease.signal, this.#cut.signal]);
    this.ended = this.#run();
  }

  get consumer(): ShardConsumer | undefined {
    return this.#consumer;
  }

  assertHeld(): void {
    this.#options.lease.assertHeld();
    this.signal.throwIfAborted();
  }

  /** To be told what the store shows, at any change. */
  compare(stored: StoredLease | undefined): void {
    this.#options.lease.compare(stored);
  }

  /** Finishes what is in work, for as long as the hand-off may take, and gives the shard up; a second call is without effect. */
  giveUp(heir?: string): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#heir = heir;
    this.#asked.resolve();
    this.#consumer?.drain();
    this.#options.clock.sleep(this.#options.handOffMilliseconds, this.signal).then(
      () => this.#cut.abort(new Error('the hand-off took too long')),
      () => {},
    );
  }

  async #run(): Promise<OwnershipEnd> {
    const { lease, logger } = this.#options;
    const end = await this.#consume();
    if (end === 'lost') return end;
    if (end === 'failed') await lease.abandon();
    else await lease.release(this.#heir);
    this.#cut.abort(new Error('the shard was given up'));
    logger.info({ shardId: lease.shardId, epoch: lease.epoch, heir: this.#heir }, `shard ${end}`);
    return end;
  }

  async #consume(): Promise<OwnershipEnd> {
    const { lease, createConsumer, logger } = this.#options;
    // Later than the constructor, so that `ended` is set when anything happens.
    await Promise.resolve();
    try {
      this.#consumer = createConsumer(this);
      if (this.#wanted) this.#consumer.drain();
      await this.#consumer.run();
      return this.#wanted ? 'released' : 'finished';
    } catch (error) {
      if (lease.signal.aborted) return 'lost';
      if (this.#cut.signal.aborted) return 'released';
      if (error instanceof PositionLost) return await this.#holdUnread(error);
      logger.error({ error, shardId: lease.shardId }, 'shard consumer failed');
      return 'failed';
    }
  }

  /** The shard stays ours, so that nobody else tries in turn; a person has to decide. */
  async #holdUnread(error: PositionLost): Promise<OwnershipEnd> {
    const { lease, onPositionLost } = this.#options;
    onPositionLost(error);
    const lost = new Promise<void>((resolve) => lease.signal.addEventListener('abort', () => resolve()));
    await Promise.race([this.#asked.promise, lost]);
    return lease.signal.aborted ? 'lost' : 'released';
  }
}
