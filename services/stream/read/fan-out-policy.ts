import type { StreamErrorKind } from '../client/stream-error.ts';

/** Failures in a row after which fan-out counts as not possible. */
const MAXIMUM_FAILURES = 5;
/** A subscription of the shard's previous owner is taken over five seconds after it began; there is one try a second. */
const MAXIMUM_IN_USE = 30;

/**
 * What to do where a subscription could not be had, or broke.
 * `wait`: the next try is allowed a second after this one. `back_off`: wait longer, and the longer the more failed.
 * `give_up`: poll.
 */
export function afterFanOutFailure(
  kind: StreamErrorKind,
  failuresInRow: number,
): 'wait' | 'back_off' | 'give_up' {
  switch (kind) {
    // A person has to change something.
    case 'denied':
    case 'unsupported':
    case 'invalid':
      return 'give_up';
    case 'in_use':
      return failuresInRow >= MAXIMUM_IN_USE ? 'give_up' : 'wait';
    default:
      return failuresInRow >= MAXIMUM_FAILURES ? 'give_up' : 'back_off';
  }
}
