import { retry } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ReportState } from '../../shared/dependency-state.ts';
import type { Logger } from '../../shared/logging.ts';
import { RegistryError } from '../../shared/mlflow/registry-error.ts';
import type { Model } from './model.ts';
import { refusalReason } from './model-load-error.ts';

export interface LoadPinnedModelOptions {
  readonly load: (signal: AbortSignal) => Promise<Model>;
  readonly reportRegistry: ReportState;
  readonly reportModel: ReportState;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Loads the version to which this process is pinned, and retries while the registry is unreachable. A refused version is
 * retried too, because a file may still be uploaded. Until then the process is not ready and reports the reason.
 */
export function loadPinnedModel(options: LoadPinnedModelOptions): Promise<Model> {
  const { load, clock, logger, signal, reportRegistry, reportModel } = options;
  return retry(
    async () => {
      const model = await load(signal);
      reportRegistry({ state: 'ok' });
      reportModel({ state: 'ok' });
      return model;
    },
    {
      clock,
      signal,
      baseMilliseconds: 500,
      maximumMilliseconds: 30_000,
      onRetry: (error, attempt) => {
        const { message } = error as Error;
        const outage = error instanceof RegistryError;
        logger[attempt === 0 ? 'error' : 'debug'](
          { error },
          'the pinned model cannot be loaded; trying again',
        );
        reportRegistry(outage ? { state: 'waiting', message } : { state: 'ok' });
        reportModel({
          state: 'waiting',
          ...refusalReason(error),
          message: outage ? 'waiting for the registry' : message,
        });
      },
    },
  );
}
