import type { StreamError } from '../client/stream-error.ts';

/** The shard has to be read in another way. `cause` says why. */
export class FanOutUnavailable extends Error {
  override readonly name = 'FanOutUnavailable';
  override readonly cause: StreamError;

  constructor(cause: StreamError) {
    super(cause.message);
    this.cause = cause;
  }
}
