import type { ManualClock } from './manual-clock.ts';
import { until } from './until.ts';

/** Waits longer than this are no back-off. */
const LONGEST_BACKOFF_MILLISECONDS = 60_000;

/** Lets back-offs pass until `holds`. Longer waits, such as that for the next list by age, stay. */
export async function passBackoffs(
  clock: ManualClock,
  what: string,
  holds: () => boolean,
  longestMilliseconds = LONGEST_BACKOFF_MILLISECONDS,
): Promise<void> {
  await until(what, () => {
    if (holds()) return true;
    const next = clock.nextWakeMilliseconds;
    if (next !== undefined && next < longestMilliseconds) clock.advance(next);
    return false;
  });
}
