/** A stream keeps records for at most a year. */
const LONGEST_BEHIND_MILLISECONDS = 400 * 86_400_000;

/**
 * @param milliseconds MillisBehindLatest, which emulators leave out
 * @throws if it is no time that a read can be behind
 */
export function behindOf(milliseconds: unknown): number {
  if (milliseconds === undefined || milliseconds === null) return 0;
  if (typeof milliseconds === 'number' && milliseconds <= LONGEST_BEHIND_MILLISECONDS)
    return Math.max(0, milliseconds);
  throw new Error(`MillisBehindLatest is ${String(milliseconds)}: it must be at most a year`);
}
