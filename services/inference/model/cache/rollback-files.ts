import type { Clock } from '../../../shared/clock.ts';
import type { Logger } from '../../../shared/logging.ts';
import type { InferenceMetrics } from '../../metrics.ts';
import { ModelCache } from './model-cache.ts';
import { Prefetcher, type PrefetcherOptions, type WantedVersion } from './prefetcher.ts';

export interface RollbackFilesOptions extends Pick<PrefetcherOptions, 'fetch'> {
  readonly directory: string;
  /** Name of the registered model. */
  readonly name: string;
  readonly limitBytes: number;
  /** The version to which this pod is pinned. Its files stay for a restart of the container. */
  readonly pinned: WantedVersion | undefined;
  readonly metrics: Pick<InferenceMetrics, 'rollbackFiles'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The files on the disk of this pod, and those that must be there so that a rollback needs no MLflow. */
export class RollbackFiles {
  readonly cache: ModelCache;
  readonly #options: RollbackFilesOptions;
  readonly #prefetcher: Prefetcher;
  /** Versions whose last fetch or check failed, so that a rollback to them would fail too. */
  readonly #failed = new Set<string>();
  #wanted: readonly WantedVersion[] = [];

  constructor(options: RollbackFilesOptions) {
    const { directory, name, limitBytes, logger } = options;
    this.#options = options;
    this.#prefetcher = new Prefetcher({ ...options, fetch: (wanted, signal) => this.#fetch(wanted, signal) });
    this.cache = new ModelCache({
      directory,
      name,
      limitBytes,
      onChange: () => this.#show(),
      logger,
    });
    this.cache.keep(this.#kept());
  }

  /** Names all versions to which a rollback may go from now on, the most important first. */
  want(versions: readonly WantedVersion[]): void {
    const { rollbackFiles } = this.#options.metrics;
    for (const { version } of this.#wanted) rollbackFiles.remove({ model_version: version });
    this.#wanted = versions;
    this.cache.keep(this.#kept());
    this.#prefetcher.want(this.#kept());
    this.#show();
  }

  stop(): void {
    this.#prefetcher.stop();
  }

  async #fetch(wanted: WantedVersion, signal: AbortSignal): Promise<void> {
    const { pinned, fetch } = this.#options;
    // The pinned version is being loaded, which stores it. Here only the stored files are checked.
    if (wanted === pinned && !(await this.cache.has(wanted))) return;
    const key = JSON.stringify([wanted.version, wanted.digest]);
    try {
      await fetch(wanted, signal);
      this.#failed.delete(key);
    } catch (error) {
      if (!signal.aborted) this.#failed.add(key);
      throw error;
    } finally {
      this.#show();
    }
  }

  #kept(): WantedVersion[] {
    const { pinned } = this.#options;
    return pinned === undefined ? [...this.#wanted] : [pinned, ...this.#wanted];
  }

  #show(): void {
    const { rollbackFiles } = this.#options.metrics;
    for (const wanted of this.#wanted) {
      const failed = this.#failed.has(JSON.stringify([wanted.version, wanted.digest]));
      rollbackFiles.set({ model_version: wanted.version }, this.cache.holds(wanted) && !failed ? 1 : 0);
    }
  }
}
