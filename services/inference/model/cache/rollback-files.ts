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
  #wanted: readonly WantedVersion[] = [];

  constructor(options: RollbackFilesOptions) {
    const { directory, name, limitBytes, logger } = options;
    this.#options = options;
    this.#prefetcher = new Prefetcher(options);
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
    this.#prefetcher.want(versions);
    this.#show();
  }

  stop(): void {
    this.#prefetcher.stop();
  }

  #kept(): WantedVersion[] {
    const { pinned } = this.#options;
    return pinned === undefined ? [...this.#wanted] : [pinned, ...this.#wanted];
  }

  #show(): void {
    const { rollbackFiles } = this.#options.metrics;
    for (const wanted of this.#wanted)
      rollbackFiles.set({ model_version: wanted.version }, this.cache.holds(wanted) ? 1 : 0);
  }
}
