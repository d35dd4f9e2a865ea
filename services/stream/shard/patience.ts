import { type Clock, endSleep } from '../../shared/clock.ts';
import type { StreamHealth } from '../stream-health.ts';

/** A wait that takes longer is told. */
const LONG_WAIT_MILLISECONDS = 30_000;

export interface PatienceOptions {
  readonly shardId: string;
  /** Memory of the records in flight. */
  readonly heldBytes: () => number;
  readonly clock: Clock;
  readonly health: Pick<StreamHealth, 'failed' | 'ended'>;
}

/** Shows in the state that a shard is not read, because its records in flight are not confirmed for long. */
export class Patience {
  readonly #options: PatienceOptions;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** Resolves or rejects as `wait` does. */
  async during<T>(wait: Promise<T>): Promise<T> {
    const { shardId, heldBytes, clock, health } = this.#options;
    const part = `in flight ${shardId}`;
    const timer = new AbortController();
    const tell = () =>
      health.failed(
        part,
        new Error(
          `${shardId} is not read for ${LONG_WAIT_MILLISECONDS / 1000} s: ${heldBytes()} bytes are in flight, and none are confirmed`,
        ),
      );
    clock.sleep(LONG_WAIT_MILLISECONDS, timer.signal).then(tell, () => {});
    try {
      return await wait;
    } finally {
      endSleep(timer);
      health.ended(part);
    }
  }
}
