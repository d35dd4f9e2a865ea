import { CANARY_WAIT_MILLISECONDS } from '../../../shared/agreements/canary-wait.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Logger } from '../../../shared/logging.ts';

export interface AwaitCanaryOptions {
  /** Resolves once the ModelDeployment's status is known. */
  readonly synced: Promise<void>;
  /** Resolves once no canary is loading. */
  readonly router: { canarySettled(): Promise<void> };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Waits until the canary is loaded. Until then the stable model would decide the canary's keys, and an applicant who has
 * met the canary before would flip back. The wait has a limit, because the shards stay unread meanwhile.
 */
export async function awaitCanary(options: AwaitCanaryOptions): Promise<void> {
  const { synced, router, clock, logger, signal } = options;
  const end = new AbortController();
  const late = clock.sleep(CANARY_WAIT_MILLISECONDS, AbortSignal.any([signal, end.signal])).then(
    () =>
      logger.warn(
        { limitMilliseconds: CANARY_WAIT_MILLISECONDS },
        'the canary is not loaded in time; the stream starts without it',
      ),
    () => {},
  );
  await Promise.race([synced.then(() => router.canarySettled()), late]);
  end.abort();
}
