import type { Express } from 'express';
import type { Registry as MetricsRegistry } from 'prom-client';
import { retry } from '../shared/backoff.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logging.ts';
import { ModelRegistry } from '../shared/mlflow/model-registry.ts';
import { RegistryError } from '../shared/mlflow/registry-error.ts';
import type { InferenceConfig } from './config.ts';
import { DecisionProcessor } from './decision/decision-processor.ts';
import { DecisionService } from './decision/decision-service.ts';
import { ModelRouter } from './decision/route/model-router.ts';
import { ShadowScorer } from './decision/shadow/shadow-scorer.ts';
import { createApp } from './http/app.ts';
import { Dependencies, type Heartbeat } from './http/probes.ts';
import { createInferenceMetrics } from './metrics.ts';
import { RollbackFiles } from './model/cache/rollback-files.ts';
import { RemoteUnavailableError } from './model/model.ts';
import { ModelSource } from './model/model-source.ts';
import { SigningKeysError } from './model/signature/signing-keys.ts';
import { credentialsFor } from './registry-credentials.ts';
import { signingKeysOf } from './signature-settings.ts';

export interface InferenceServiceOptions {
  readonly config: InferenceConfig;
  readonly serviceVersion: string;
  readonly metricsRegistry: MetricsRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
}

const CANDIDATE_RETRY = { baseMilliseconds: 500, maximumMilliseconds: 15_000 };

/** Wires the parts of one process, except its inputs: nothing listens or polls yet. */
export class InferenceService {
  readonly app: Express;
  readonly router: ModelRouter;
  readonly processor: DecisionProcessor;
  readonly dependencies = new Dependencies();
  /** Loops that `/livez` watches. A part that starts later adds its loop. */
  readonly heartbeats: Heartbeat[] = [];
  /** Files for a rollback without MLflow. Undefined without MODEL_CACHE_DIRECTORY. */
  readonly rollbackFiles: RollbackFiles | undefined;
  readonly #config: InferenceConfig;
  readonly #logger: Logger;
  readonly #source: ModelSource;

  constructor(options: InferenceServiceOptions) {
    const { config, metricsRegistry, clock, logger } = options;
    const metrics = createInferenceMetrics(metricsRegistry);
    const decoding = { maximumBytes: config.MAX_RECORD_BYTES };
    this.#config = config;
    this.#logger = logger;
    const { MODEL_CACHE_DIRECTORY: directory, MODEL_CACHE_MEBIBYTES: mebibytes } = config;
    this.rollbackFiles =
      directory === undefined
        ? undefined
        : new RollbackFiles({
            directory,
            name: config.MODEL_NAME,
            limitBytes: mebibytes * 1024 ** 2,
            pinned: pinOf(config),
            fetch: (wanted, signal) => this.#source.prefetch(wanted, signal),
            metrics,
            clock,
            logger,
          });
    this.#source = new ModelSource({
      cache: this.rollbackFiles?.cache,
      registry: new ModelRegistry({
        url: config.MLFLOW_TRACKING_URI,
        ...credentialsFor(config.MLFLOW_TRACKING_URI, config),
      }),
      name: config.MODEL_NAME,
      requireContract: config.INPUT_STREAM !== undefined,
      signingKeys: signingKeysOf(config),
      reportRegistry: this.dependencies.reporter('registry'),
      reportModel: this.dependencies.reporter('model'),
      metrics,
      clock,
      logger,
    });
    this.router = new ModelRouter({
      ...decoding,
      loadCandidate: (candidate, signal) =>
        retry(() => this.#source.load(candidate, signal), {
          ...CANDIDATE_RETRY,
          clock,
          signal,
          isRetryable: isTemporary,
        }),
      metrics,
      logger,
    });
    const shadow = new ShadowScorer({ router: this.router, metrics, logger });
    const shared = { ...decoding, router: this.router, shadow, metrics, clock, logger };
    this.processor = new DecisionProcessor({ ...shared, modelName: config.MODEL_NAME });
    this.app = createApp({
      ...decoding,
      modelName: config.MODEL_NAME,
      allowedOrigins: config.CORS_ALLOWED_ORIGINS ?? [],
      serviceVersion: options.serviceVersion,
      router: this.router,
      service: new DecisionService(shared),
      processor: this.processor,
      dependencies: this.dependencies,
      heartbeats: this.heartbeats,
      metrics,
      metricsRegistry,
      clock,
      logger,
    });
  }

  /** Loads the pinned version, waits for the pin of its ModelDeployment, or follows the alias until `signal` aborts. */
  async serveModels(signal: AbortSignal): Promise<void> {
    const {
      MODEL_VERSION: version,
      MODEL_DIGEST: digest,
      MODEL_ALIAS: alias,
      MODEL_DEPLOYMENT,
    } = this.#config;
    if (version !== undefined) {
      this.router.setStable(await this.#source.loadPinned({ version, digest }, signal));
    } else if (MODEL_DEPLOYMENT !== undefined) {
      this.#awaitPin(MODEL_DEPLOYMENT);
    } else {
      const pollMilliseconds = this.#config.REGISTRY_POLL_SECONDS * 1000;
      await this.#source.follow(alias, pollMilliseconds, (model) => this.router.setStable(model), signal);
    }
  }

  /** The operator pins a version by replacing this pod. Until then no version may decide, whatever the alias names. */
  #awaitPin(modelDeployment: string): void {
    const message = 'no version is pinned yet';
    this.#logger.info({ modelDeployment }, `waiting: ${message}`);
    this.dependencies.reporter('model')({
      state: 'waiting',
      message: `${message}; ModelDeployment ${modelDeployment} pins the first version after its verification`,
    });
    this.dependencies.reporter('registry')({
      state: 'waiting',
      message: 'not used until a version is pinned',
    });
  }
}

/** The pinned version, if its digest is pinned too. */
function pinOf({ MODEL_VERSION: version, MODEL_DIGEST: digest }: InferenceConfig) {
  return version === undefined || digest === undefined ? undefined : { version, digest };
}

/** True if the version may load later without any change to it. */
function isTemporary(error: unknown): boolean {
  return [RegistryError, RemoteUnavailableError, SigningKeysError].some((kind) => error instanceof kind);
}
