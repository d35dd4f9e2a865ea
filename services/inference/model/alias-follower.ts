import { backoffMilliseconds } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ReportState } from '../../shared/dependency-state.ts';
import type { Logger } from '../../shared/logging.ts';
import type { ModelRegistry } from '../../shared/mlflow/model-registry.ts';
import { RegistryError } from '../../shared/mlflow/registry-error.ts';
import type { Model } from './model.ts';
import { refusalReason } from './model-load-error.ts';
import { SigningKeysError } from './signature/signing-keys.ts';

export interface AliasFollowerOptions {
  readonly registry: Pick<ModelRegistry, 'resolveAlias'>;
  readonly name: string;
  readonly alias: string;
  readonly pollMilliseconds: number;
  /** Resolves to a verified model. Rejects with a RegistryError if a retry may help. */
  readonly load: (version: string, signal: AbortSignal) => Promise<Model>;
  /** Called with each loaded version after the alias moved to it. */
  readonly onModel: (model: Model) => void;
  readonly reportRegistry: ReportState;
  /** Receives why there is no model, or why the version of the alias does not serve. */
  readonly reportModel: ReportState;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default Math.random */
  readonly random?: () => number;
}

const FIRST_RETRY_MILLISECONDS = 250;
/** Share of the interval over which the polls of many processes spread. */
const JITTER = 0.2;

/**
 * Serves the version that a registry alias names. If a version is refused, the version before it goes on serving, and the
 * refused version is not retried until the alias moves. While the registry is unreachable, nothing changes.
 */
export class AliasFollower {
  readonly #options: AliasFollowerOptions;
  #served: string | undefined;
  #refused: string | undefined;
  #failures = 0;

  constructor(options: AliasFollowerOptions) {
    this.#options = options;
  }

  /** Follows until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#poll(signal);
      await this.#options.clock.sleep(this.#delayMilliseconds(), signal).catch(() => {});
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { registry, name, alias } = this.#options;
    try {
      const version = await registry.resolveAlias(name, alias, signal);
      if (version !== this.#refused) this.#refused = undefined;
      if (version === undefined) this.#reportUnset();
      else if (version === this.#served) this.#reportServing();
      else if (version !== this.#refused) await this.#swap(version, signal);
      this.#failures = 0;
      this.#options.reportRegistry({ state: 'ok' });
    } catch (error) {
      if (!signal.aborted) this.#reportOutage(error as Error);
    }
  }

  async #swap(version: string, signal: AbortSignal): Promise<void> {
    const { name, alias, load, onModel, logger } = this.#options;
    logger.info({ name, alias, version, from: this.#served }, 'alias moved');
    let model: Model;
    try {
      model = await load(version, signal);
    } catch (error) {
      if (error instanceof RegistryError || signal.aborted) throw error;
      // Keys that are missing say nothing about the version, so it is tried again.
      if (!(error instanceof SigningKeysError)) this.#refused = version;
      const message = `version ${version} is refused: ${(error as Error).message}`;
      logger.error({ error, name, version, stays: this.#served }, 'version refused');
      this.#options.reportModel({
        state: this.#served === undefined ? 'waiting' : 'degraded',
        ...refusalReason(error),
        message,
      });
      return;
    }
    this.#served = version;
    onModel(model);
    this.#reportServing();
  }

  #reportServing(): void {
    this.#options.reportModel({ state: 'ok' });
  }

  #reportUnset(): void {
    const { name, alias } = this.#options;
    this.#options.reportModel({
      state: this.#served === undefined ? 'waiting' : 'degraded',
      message: `alias ${alias} of ${name} points to no version`,
    });
  }

  #reportOutage(error: Error): void {
    this.#failures++;
    const first = this.#failures === 1;
    this.#options.logger[first ? 'warn' : 'debug']({ error }, 'the registry cannot be asked; trying again');
    const state = this.#served === undefined ? 'waiting' : 'degraded';
    this.#options.reportRegistry({ state, message: error.message });
    if (this.#served === undefined) this.#options.reportModel({ state, message: 'waiting for the registry' });
  }

  #delayMilliseconds(): number {
    const { pollMilliseconds, random = Math.random } = this.#options;
    if (this.#failures > 0 && this.#served === undefined) {
      return backoffMilliseconds(this.#failures, {
        baseMilliseconds: FIRST_RETRY_MILLISECONDS,
        maximumMilliseconds: pollMilliseconds,
        random,
      });
    }
    return pollMilliseconds * (1 + JITTER * (random() - 0.5));
  }
}
