import type { Clock } from '../../../shared/clock.ts';
import type { Logger } from '../../../shared/logging.ts';

export interface AwaitCanaryOptions {
  /** Resolves once the ModelDeployment's status is known. */
  readonly synced: Promise<void>;
  /** Resolves once no canary is on its way any more. */
  readonly router: { canarySettled(): Promise<void> };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const LIMIT_MILLISECONDS = 30_000;

/**
 * Waits for the canary, as until it is loaded the stable model decides its keys: an applicant that has met it already
 * would flip back. A shard cannot wait for long, so past the limit, or where the canary is refused, it goes without.
 */
export async function awaitCanary(options: AwaitCanaryOptions): Promise<void> {
  const { synced, router, clock, logger, signal } = options;
  const end = new AbortController();
  const late = clock.sleep(LIMIT_MILLISECONDS, AbortSignal.any([signal, end.signal])).then(
    () =>
      logger.warn({ limitMilliseconds: LIMIT_MILLISECONDS }, 'no canary in time; the stream goes without'),
    () => {},
  );
  await Promise.race([synced.then(() => router.canarySettled()), late]);
  end.abort();
}
