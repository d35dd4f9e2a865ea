import { retry } from '../shared/backoff.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logging.ts';
import { parseStream, streamArnOf } from '../shared/stream-reference.ts';
import type { FanOutClient } from './client/fan-out-client.ts';
import type { StreamClient, StreamDescription } from './client/stream-client.ts';
import { ConsumerGroup } from './group/consumer-group.ts';
import type { StartPosition } from './group/lease-plan.ts';
import { LeaseRepairer } from './group/lease-repairer.ts';
import { LeaseSyncer } from './group/lease-syncer.ts';
import type { OwnedShard } from './group/owned-shard.ts';
import { Waker } from './group/waker.ts';
import type { LeaseStore } from './lease/lease-store.ts';
import type { NewMember } from './lease/shard-lease.ts';
import type { StreamMetrics } from './metrics.ts';
import type { RecordProcessor } from './record.ts';
import type { StreamSettings } from './settings.ts';
import { ShardConsumerFactory } from './shard/shard-consumer-factory.ts';
import type { StreamHealth } from './stream-health.ts';
import type { ObjectStore } from './write/object-store.ts';

/** A consumer group whose loop stands still for this long fails its liveness probe. */
const STALLED_MILLISECONDS = 30_000;
/** Pods of a rollout start seconds apart. Until their number is stable, a moved shard would soon move again. */
const SETTLE_MILLISECONDS = 3_000;
const BACKOFF = { baseMilliseconds: 250, maximumMilliseconds: 10_000 };

export interface StreamConsumerOptions {
  readonly settings: StreamSettings;
  readonly processor: RecordProcessor;
  readonly client: StreamClient;
  /** Undefined means that shards are polled. */
  readonly fanOut: FanOutClient | undefined;
  readonly store: LeaseStore;
  /** Undefined if ON_FAILURE is unset. */
  readonly objectStore: ObjectStore | undefined;
  readonly clock: Clock;
  /** Time of Kinesis. */
  readonly serviceNow: () => number;
  readonly logger: Logger;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
}

/** Consumes the stream from start to stop: it wires up store, lease syncer, consumer group and shard consumers. */
export class StreamConsumer {
  readonly #options: StreamConsumerOptions;
  readonly #controller = new AbortController();
  readonly #owned = new Map<string, OwnedShard>();
  #group: ConsumerGroup | undefined;
  #running: Promise<void> | undefined;

  constructor(options: StreamConsumerOptions) {
    this.#options = options;
  }

  /** True if the shards are known and every part works. */
  get ready(): boolean {
    return this.#options.health.ready;
  }

  get ownedShards(): readonly string[] {
    return [...this.#owned.keys()];
  }

  /** Input of the liveness probe. */
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

  /** Finishes what is in flight, gives all shards up and resolves. Other members read the shards within a second. */
  async stop(): Promise<void> {
    this.#controller.abort(new Error('the stream consumer was stopped'));
    await this.#running?.catch(() => {});
    await this.#options.store.stop();
    this.#options.fanOut?.close();
    this.#options.objectStore?.close();
    this.#options.client.close();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const groupWaker = new Waker(clock);
    const description = await this.#prepare(groupWaker, signal);
    if (description === undefined || signal.aborted) return;
    const consumers = this.#createConsumers(description, signal);
    const syncer = this.#createSyncer(description);
    this.#group = this.#createGroup(consumers, syncer, groupWaker);
    await Promise.all([syncer.run(signal), this.#group.run(signal)]);
  }

  /**
   * Waits for the store's first list and for the stream's description. No shard can be taken without them.
   * @returns undefined if `signal` aborted meanwhile
   */
  async #prepare(groupWaker: Waker, signal: AbortSignal): Promise<StreamDescription | undefined> {
    const { store, client, health, settings, logger } = this.#options;
    try {
      await this.#insist(
        'leases',
        () => store.start((change) => (change === 'news' ? groupWaker.wake() : groupWaker.nudge()), signal),
        signal,
      );
      health.succeeded('leases');
      const description = await this.#insist(
        'shards',
        () => client.describe(settings.INPUT_STREAM, signal),
        signal,
      );
      await this.#claim(description, signal);
      const endpoint = await client.endpoint(settings.INPUT_STREAM);
      logger.info({ stream: description.arn, endpoint }, 'the stream is found');
      return description;
    } catch (error) {
      if (!signal.aborted) throw error;
      return undefined;
    }
  }

  /** Answers of some emulators name no account. Then there is nothing to compare. */
  async #claim({ arn }: StreamDescription, signal: AbortSignal): Promise<void> {
    const { store, settings, health } = this.#options;
    const home = parseStream(streamArnOf(settings.INPUT_STREAM) ?? arn)?.home;
    if (home === undefined) return;
    const claim = { account: home.account, isNamed: streamArnOf(settings.INPUT_STREAM) === undefined };
    await this.#insist('leases', () => store.claim(claim, signal), signal);
    health.succeeded('leases');
  }

  #insist<T>(part: string, operation: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, health } = this.#options;
    return retry(operation, {
      ...BACKOFF,
      clock,
      signal,
      onRetry: (error) => health.failed(part, error),
    });
  }

  #createConsumers({ arn: streamArn }: StreamDescription, signal: AbortSignal): ShardConsumerFactory {
    const { settings, processor, client, fanOut, objectStore, clock, serviceNow, logger, health, metrics } =
      this.#options;
    return new ShardConsumerFactory({
      settings,
      processor,
      client,
      fanOut,
      objectStore,
      streamArn,
      signal,
      clock,
      serviceNow,
      logger,
      health,
      metrics,
    });
  }

  #createSyncer({ createdMilliseconds }: StreamDescription): LeaseSyncer {
    const { settings, client, store, clock, serviceNow, logger, health, metrics } = this.#options;
    const stream = settings.INPUT_STREAM;
    return new LeaseSyncer({
      client,
      stream,
      streamCreatedMilliseconds: createdMilliseconds,
      repairer: new LeaseRepairer({ stream, store, logger, health, metrics }),
      store,
      start: startPosition(settings),
      intervalMilliseconds: settings.SHARD_SYNC_SECONDS * 1000,
      owned: this.#owned,
      clock,
      serviceNow,
      health,
      logger,
    });
  }

  #createGroup(consumers: ShardConsumerFactory, syncer: LeaseSyncer, waker: Waker): ConsumerGroup {
    const { settings, store, clock, serviceNow, logger, health, metrics } = this.#options;
    return new ConsumerGroup({
      store,
      member: memberOf(settings, serviceNow()),
      leaseMilliseconds: settings.LEASE_SECONDS * 1000,
      settleMilliseconds: SETTLE_MILLISECONDS,
      handOffMilliseconds: settings.HAND_OFF_SECONDS * 1000,
      consumers,
      suspicion: { attempts: settings.POISON_ATTEMPTS, suspects: settings.BATCH_SIZE },
      owned: this.#owned,
      syncer,
      waker,
      clock,
      serviceNow,
      logger,
      health,
      metrics,
    });
  }
}

/** The pods of one ReplicaSet share their name up to the last dash, and so share a revision. */
function memberOf({ POD_NAME: name }: StreamSettings, joinedMilliseconds: number): NewMember {
  return { name, revision: name.replace(/-[^-]*$/, ''), joinedMilliseconds };
}

function startPosition(settings: StreamSettings): StartPosition {
  const { START_POSITION: type, START_TIMESTAMP: atMilliseconds = 0 } = settings;
  return type === 'AT_TIMESTAMP' ? { type, atMilliseconds } : { type };
}
