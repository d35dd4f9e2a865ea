import { retry } from '../shared/backoff.ts';
import type { FanOutClient } from './client/fan-out-client.ts';
import type { StreamClient } from './client/stream-client.ts';
import { ConsumerGroup } from './group/consumer-group.ts';
import type { HeldLease } from './group/held-lease.ts';
import type { StartPosition } from './group/lease-plan.ts';
import { LeaseSyncer } from './group/lease-syncer.ts';
import { OwnedShard } from './group/owned-shard.ts';
import { Waker } from './group/waker.ts';
import type { LeaseStore } from './lease/lease-store.ts';
import type { StreamMetrics } from './metrics.ts';
import type { StreamSettings } from './settings.ts';
import { ShardConsumerFactory } from './shard/shard-consumer-factory.ts';
import type { StartStreamOptions } from './start-stream.ts';
import type { StreamHealth } from './stream-health.ts';

const STALLED_MILLISECONDS = 30_000;
const SETTLE_MILLISECONDS = 3_000;
const BACKOFF = { baseMilliseconds: 250, maximumMilliseconds: 10_000 };

export interface StreamConsumerOptions extends StartStreamOptions {
  readonly client: StreamClient;
  /** Undefined: shards are polled. */
  readonly fanOut: FanOutClient | undefined;
  readonly store: LeaseStore;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
}

/** The stream's side of the process, from start to stop. */
export class StreamConsumer {
  readonly #options: StreamConsumerOptions;
  readonly #controller = new AbortController();
  readonly #consumers: ShardConsumerFactory;
  #group: ConsumerGroup | undefined;
  #running: Promise<void> | undefined;

  constructor(options: StreamConsumerOptions) {
    this.#options = options;
    this.#consumers = new ShardConsumerFactory({ ...options, signal: this.#controller.signal });
  }

  /** The streams are there and every part works. */
  get ready(): boolean {
    return this.#options.health.ready;
  }

  get ownedShards(): readonly string[] {
    return this.#group?.ownedShards ?? [];
  }

  /** For a liveness probe. */
  get heartbeat() {
    return {
      name: 'stream',
      ageMilliseconds: () => this.#group?.idleMilliseconds ?? 0,
      limitMilliseconds: STALLED_MILLISECONDS,
    };
  }

  start(): void {
    this.#running ??= this.#run(this.#controller.signal);
    this.#running.catch((error: unknown) => {
      this.#options.logger.fatal({ error }, 'stream consumer failed');
      this.#options.health.failed('consumer', error);
    });
  }

  /** Finishes what is in work, gives the shards up and resolves; others read them within a second. */
  async stop(): Promise<void> {
    this.#controller.abort(new Error('the stream consumer was stopped'));
    await this.#running?.catch(() => {});
    await this.#options.store.stop();
    this.#options.fanOut?.close();
    this.#options.client.close();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { store, clock, client, health, logger, settings, metrics } = this.#options;
    const wakeGroup = new Waker(clock);
    const wakeSyncer = new Waker(clock);
    await this.#prepare(() => wakeGroup.wake(), signal);
    if (signal.aborted) return;
    const group: ConsumerGroup = new ConsumerGroup({
      store,
      member: {
        name: settings.POD_NAME,
        revision: settings.POD_NAME.replace(/-[^-]*$/, ''),
        joinedMilliseconds: clock.now(),
      },
      leaseMilliseconds: settings.LEASE_SECONDS * 1000,
      settleMilliseconds: SETTLE_MILLISECONDS,
      own: (lease) => this.#own(lease),
      onShardFinished: () => wakeSyncer.wake(),
      awaitsLease: () => syncer.awaitsLease(),
      waker: wakeGroup,
      clock,
      logger,
      health,
      metrics,
    });
    this.#group = group;
    const syncer = new LeaseSyncer({
      client,
      stream: settings.INPUT_STREAM,
      store,
      start: startPosition(settings),
      intervalMilliseconds: settings.SHARD_SYNC_SECONDS * 1000,
      isOwned: (shardId) => group.ownedShards.includes(shardId),
      waker: wakeSyncer,
      clock,
      health,
      logger,
    });
    await Promise.all([syncer.run(signal), group.run(signal)]);
  }

  /** The store's first list, and the stream's description: without them nothing can be decided. */
  async #prepare(onChange: () => void, signal: AbortSignal): Promise<void> {
    const { store, client, clock, health, settings } = this.#options;
    const insist = <T>(part: string, operation: () => Promise<T>): Promise<T> =>
      retry(operation, {
        ...BACKOFF,
        clock,
        signal,
        onRetry: (error) => health.failed(part, error),
      });
    try {
      await insist('leases', () => store.start(onChange, signal));
      health.succeeded('leases');
      const description = await insist('shards', () => client.describe(settings.INPUT_STREAM, signal));
      this.#consumers.describe(description);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #own(lease: HeldLease): OwnedShard {
    const { settings, clock, logger, metrics, health } = this.#options;
    const part = `position ${lease.shardId}`;
    const owned: OwnedShard = new OwnedShard({
      lease,
      createConsumer: (guard) => this.#consumers.create(lease.lease, guard),
      handOffMilliseconds: settings.HAND_OFF_SECONDS * 1000,
      onPositionLost: (error) => {
        metrics.trimmed.inc();
        health.failed(part, error);
        logger.error(
          { error, shardId: lease.shardId },
          'records may be deleted unread: the shard is not read. ON_TRIMMED=continue reads on from the oldest record',
        );
        void owned.ended.then(() => {
          metrics.trimmed.dec();
          health.succeeded(part);
        });
      },
      clock,
      logger,
    });
    return owned;
  }
}

function startPosition(settings: StreamSettings): StartPosition {
  const { START_POSITION: type, START_TIMESTAMP: atMilliseconds = 0 } = settings;
  return type === 'AT_TIMESTAMP' ? { type, atMilliseconds } : { type };
}
