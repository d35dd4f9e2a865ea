import { FakeError } from './fake-error.ts';
import type { FakeShard } from './fake-shard.ts';
import type { FakeStream } from './fake-stream.ts';
import { FakeSubscription } from './fake-subscription.ts';
import type { Faults } from './faults.ts';
import { RateLimit } from './rate-limit.ts';

const MAXIMUM_CONSUMERS = 20;

/** Times of enhanced fan-out. The defaults are those of AWS, except the registration and the heartbeat. */
export interface FanOutTimes {
  /** From the registration of a consumer until the consumer is active. @default 0 */
  readonly activationMilliseconds: number;
  /** Lifetime of a subscription. @default 5 min */
  readonly lifetimeMilliseconds: number;
  /** From the start of a subscription until the same consumer may subscribe again. @default 5 s */
  readonly takeoverMilliseconds: number;
  /** Between empty events of an idle shard. @default 1 s, which is shorter than on AWS */
  readonly heartbeatMilliseconds: number;
}

export const FAN_OUT_TIMES: FanOutTimes = {
  activationMilliseconds: 0,
  lifetimeMilliseconds: 5 * 60_000,
  takeoverMilliseconds: 5_000,
  heartbeatMilliseconds: 1_000,
};

interface Consumer {
  readonly name: string;
  readonly arn: string;
  readonly stream: FakeStream;
  readonly registeredAt: number;
}

export interface FanOutOptions {
  readonly now: () => number;
  readonly times: FanOutTimes;
  readonly faults: () => Faults;
}

/** The consumers that are registered for enhanced fan-out, and their subscriptions. */
export class FanOut {
  readonly #options: FanOutOptions;
  readonly #consumers = new Map<string, Consumer>();
  readonly #subscriptions = new Map<
    string,
    { readonly subscription: FakeSubscription; readonly at: number }
  >();
  readonly #subscribes: RateLimit;

  constructor(options: FanOutOptions) {
    this.#options = options;
    this.#subscribes = new RateLimit(1, options.now);
  }

  register(stream: FakeStream, name: string): object {
    if (!/^[\w.-]{1,128}$/.test(name)) {
      throw new FakeError(
        'ValidationException',
        `Value '${name}' at 'consumerName' failed to satisfy constraint`,
      );
    }
    const consumers = [...this.#consumers.values()].filter((consumer) => consumer.stream === stream);
    if (consumers.some((consumer) => consumer.name === name)) {
      throw new FakeError('ResourceInUseException', `Consumer ${name} already exists.`);
    }
    if (consumers.length >= MAXIMUM_CONSUMERS) {
      throw new FakeError(
        'LimitExceededException',
        `Stream ${stream.name} has ${MAXIMUM_CONSUMERS} consumers.`,
      );
    }
    const registeredAt = this.#options.now();
    const arn = `${stream.arn}/consumer/${name}:${Math.floor(registeredAt / 1000)}`;
    const consumer = { name, arn, stream, registeredAt };
    this.#consumers.set(arn, consumer);
    return { Consumer: { ...this.#describe(consumer), ConsumerStatus: 'CREATING' } };
  }

  deregister(stream: FakeStream, name: string): object {
    const { arn } = this.#named(stream, name);
    this.#consumers.delete(arn);
    for (const [key, { subscription }] of this.#subscriptions) {
      if (key.startsWith(`${arn} `))
        subscription.fail('ResourceNotFoundException', `Consumer ${name} is gone.`);
    }
    return {};
  }

  describe(stream: FakeStream, name: string): object {
    return { ConsumerDescription: { ...this.#describe(this.#named(stream, name)), StreamARN: stream.arn } };
  }

  /** @throws FakeError */
  subscribe(
    consumerArn: string,
    shardId: string,
    startIndex: (shard: FakeShard) => number,
  ): FakeSubscription {
    const { now, times, faults } = this.#options;
    const consumer = this.#consumers.get(consumerArn);
    if (!consumer) throw new FakeError('ResourceNotFoundException', `Consumer ${consumerArn} not found.`);
    const shard = consumer.stream.shard(shardId);
    const key = `${consumerArn} ${shardId}`;
    if (faults().limits && !this.#subscribes.take(key, 1)) {
      throw new FakeError('LimitExceededException', `More than one call a second for shard ${shardId}.`);
    }
    const from = startIndex(shard);
    const current = this.#subscriptions.get(key);
    const inUse = `Another active subscription exists for this consumer: ${consumerArn} shard ${shardId}.`;
    if (current && now() - current.at < times.takeoverMilliseconds) {
      throw new FakeError('ResourceInUseException', inUse);
    }
    current?.subscription.fail('ResourceInUseException', inUse);
    const subscription = new FakeSubscription({
      stream: consumer.stream,
      shard,
      from,
      now,
      faults,
      ...times,
    });
    this.#subscriptions.set(key, { subscription, at: now() });
    return subscription;
  }

  #named(stream: FakeStream, name: string): Consumer {
    const consumer = [...this.#consumers.values()].find((it) => it.stream === stream && it.name === name);
    if (consumer) return consumer;
    throw new FakeError('ResourceNotFoundException', `Consumer ${name} of stream ${stream.name} not found.`);
  }

  #describe({ name, arn, registeredAt }: Consumer): object {
    const { now, times } = this.#options;
    return {
      ConsumerName: name,
      ConsumerARN: arn,
      ConsumerStatus: now() - registeredAt < times.activationMilliseconds ? 'CREATING' : 'ACTIVE',
      ConsumerCreationTimestamp: registeredAt / 1000,
    };
  }
}
