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
  /** Shared by all members of the group. */
  readonly name: string;
  readonly clock: Clock;
  /** Of the process: one shard's end must not end what the others wait for. */
  readonly signal: AbortSignal;
}

/**
 * The group's registration with the stream, made by whoever needs it first and never taken back: the pods of a rollout
 * come and go, and a registration takes seconds.
 */
export class RegisteredConsumer {
  readonly #options: RegisteredConsumerOptions;
  #active: Promise<string> | undefined;

  constructor(options: RegisteredConsumerOptions) {
    this.#options = options;
  }

  /**
   * The consumer's ARN once it is active. Not tried again inside.
   * @throws FanOutUnavailable where it does not become active; StreamError; the signal's reason
   */
  arn(signal: AbortSignal): Promise<string> {
    this.#active ??= this.#activate().catch((error: unknown) => {
      this.forget();
      throw error;
    });
    return unlessAborted(this.#active, signal);
  }

  /** The consumer is not what it was: find or register it anew. */
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

  /** Looked for first, so that where it exists the right to register one is not needed. */
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
      // Another member was faster.
      if (isStreamError(error, 'in_use')) return client.describeConsumer(streamArn, name, signal);
      throw error;
    }
  }
}
