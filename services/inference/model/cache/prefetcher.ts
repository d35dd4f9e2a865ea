import { retry } from '../../../shared/backoff.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Logger } from '../../../shared/logging.ts';
import type { CachedVersion } from './model-cache.ts';

/** A version whose files must be on disk. */
export type WantedVersion = CachedVersion;

export interface PrefetcherOptions {
  /** Fetches and verifies the version into the cache. Has no effect if the cache has it, and if it would still load. */
  readonly fetch: (wanted: WantedVersion, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The files may be damaged, and the keys that must have signed them may change. */
const CHECK_MILLISECONDS = 60_000;
const BACKOFF = { baseMilliseconds: 1_000, maximumMilliseconds: 300_000 };

/**
 * Keeps the files of versions on disk to which a rollback may go. It fetches them in the background, tries again while the
 * registry does not answer, and looks from time to time whether the files would still load.
 */
export class Prefetcher {
  readonly #options: PrefetcherOptions;
  #told = '';
  #run = new AbortController();

  constructor(options: PrefetcherOptions) {
    this.#options = options;
  }

  /** Names all versions that are wanted from now on, the most important first. */
  want(versions: readonly WantedVersion[]): void {
    const told = JSON.stringify(versions.map(({ version, digest }) => [version, digest]));
    if (told === this.#told) return;
    this.#told = told;
    this.#run.abort(new Error('other versions are wanted'));
    this.#run = new AbortController();
    const { signal } = this.#run;
    this.#fetchAll(versions, signal).catch(() => {});
  }

  stop(): void {
    this.#run.abort(new Error('the process stops'));
  }

  async #fetchAll(versions: readonly WantedVersion[], signal: AbortSignal): Promise<void> {
    await Promise.all(versions.map((wanted) => this.#keep(wanted, signal)));
  }

  async #keep(wanted: WantedVersion, signal: AbortSignal): Promise<void> {
    const { fetch, clock, logger } = this.#options;
    while (!signal.aborted) {
      await retry(() => fetch(wanted, signal), {
        ...BACKOFF,
        clock,
        signal,
        onRetry: (error, attempt) =>
          logger[attempt === 0 ? 'warn' : 'debug'](
            { error, version: wanted.version },
            'the files for a rollback cannot be fetched; trying again',
          ),
      });
      await clock.sleep(CHECK_MILLISECONDS, signal);
    }
  }
}
