import type { Clock } from '../../shared/clock.ts';
import { unlessAborted } from '../../shared/unless-aborted.ts';
import type { FanOutClient, FanOutConsumer } from '../client/fan-out-client.ts';
import { isStreamError, StreamError } from '../client/stream-error.ts';
import { FanOutUnavailable } from './shard-reader.ts';

const POLL_MILLISECONDS = 1_000;
const MAXIMUM_POLLS = 30;

export interface RegisteredConsumerOptions {
  readonly client: FanOutClient;
  readonly streamArn: string;
  /** Name of the consumer. All members of the group share it. */
  readonly name: string;
  readonly clock: Clock;
  /** Aborts when the process stops. The signal of one shard would end the wait of all other shards. */
  readonly signal: AbortSignal;
}

/**
 * The group's registration with the stream. The first member that needs the registration makes it. No member removes it,
 * because pods come and go in a rollout and a registration takes seconds.
 */
export class RegisteredConsumer {
  readonly #options: RegisteredConsumerOptions;
  #active: Promise<string> | undefined;

  constructor(options: RegisteredConsumerOptions) {
    this.#options = options;
  }

  /**
   * Resolves with the ARN of the consumer once the consumer is active. A failed call is not retried inside.
   * @throws FanOutUnavailable if the consumer does not become active; StreamError; the signal's reason
   */
  arn(signal: AbortSignal): Promise<string> {
    this.#active ??= this.#activate().catch((error: unknown) => {
      this.forget();
      throw error;
    });
    return unlessAborted(this.#active, signal);
  }

  /** Call this if Kinesis does not know the consumer any more. The next `arn` finds or registers it again. */
  forget(): void {
    this.#active = undefined;
  }

  async #activate(): Promise<string> {
    const { name, clock, signal } = this.#options;
    for (let polls = 0; polls < MAXIMUM_POLLS; polls++) {
      const { arn, status } = await this.#findOrRegister();
      if (status === 'ACTIVE') return arn;
      await clock.sleep(POLL_MILLISECONDS, signal);
    }
    const seconds = (MAXIMUM_POLLS * POLL_MILLISECONDS) / 1000;
    throw new FanOutUnavailable(
      new StreamError('unavailable', `consumer ${name} did not become active within ${seconds} s`),
    );
  }

  /** Looks for the consumer first. If it exists, the process does not need the right to register it. */
  async #findOrRegister(): Promise<FanOutConsumer> {
    const { client, streamArn, name, signal } = this.#options;
    try {
      return await client.describeConsumer(streamArn, name, signal);
    } catch (error) {
      if (!isStreamError(error, 'not_found')) throw error;
    }
    try {
      return await client.registerConsumer(streamArn, name, signal);
    } catch (error) {
      // Another member registered it meanwhile.
      if (isStreamError(error, 'in_use')) return client.describeConsumer(streamArn, name, signal);
      throw error;
    }
  }
}
