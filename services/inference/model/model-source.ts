import type { Clock } from '../../shared/clock.ts';
import type { ReportState } from '../../shared/dependency-state.ts';
import type { Logger } from '../../shared/logging.ts';
import type { ModelRegistry } from '../../shared/mlflow/model-registry.ts';
import type { InferenceMetrics } from '../metrics.ts';
import { RemoteModel } from '../remote/remote-model.ts';
import { AliasFollower } from './alias-follower.ts';
import type { ModelCache } from './cache/model-cache.ts';
import type { WantedVersion } from './cache/prefetcher.ts';
import { fetchVersion } from './fetch-version.ts';
import { type LoadModelOptions, loadModel } from './load-model.ts';
import { loadPinnedModel } from './load-pinned-model.ts';
import { type Model, RemoteUnavailableError } from './model.ts';
import { ModelLoadError } from './model-load-error.ts';
import { type SigningKeys, SigningKeysError } from './signature/signing-keys.ts';

/** A version and, if it is known, the digest that its files must have. */
export interface ModelPin {
  readonly version: string;
  readonly digest: string | undefined;
}

export interface ModelSourceOptions {
  readonly registry: ModelRegistry;
  readonly name: string;
  /** True: refuse models that can infer but not decide. */
  readonly requireContract: boolean;
  /** Reads the keys of which one must have signed a version. Undefined: no signature is demanded. */
  readonly signingKeys: (() => SigningKeys) | undefined;
  /** Keeps the files of versions whose digest is known. Undefined: each load asks the registry. */
  readonly cache?: ModelCache | undefined;
  readonly reportRegistry: ReportState;
  readonly reportModel: ReportState;
  readonly metrics: InferenceMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A pin, and the service whose pods run the version. Undefined: the version runs in this process. */
export interface RemotePin extends ModelPin {
  readonly remoteUrl?: string | undefined;
}

/** Loads the versions of one registered model. */
export class ModelSource {
  readonly #options: ModelSourceOptions;
  /** The stored versions that were checked, and the keys of that time. */
  readonly #checked = new Map<string, string>();

  constructor(options: ModelSourceOptions) {
    this.#options = options;
  }

  /** Loads and verifies a version. Failures are counted by version and reason. */
  async load(pin: RemotePin, signal: AbortSignal): Promise<Model> {
    const { name, requireContract, metrics, clock } = this.#options;
    const { remoteUrl: url } = pin;
    try {
      if (url !== undefined) await RemoteModel.askReady(url, name, pin.version);
      return await this.#through(pin, (registry) =>
        loadModel({
          registry,
          name,
          version: pin.version,
          expectedDigest: pin.digest,
          requireContract,
          signingKeys: this.#options.signingKeys?.(),
          openRemote:
            url === undefined
              ? undefined
              : (identity, contract) => RemoteModel.open({ url, identity, contract, clock }),
          signal,
        }),
      );
    } catch (error) {
      if (!signal.aborted && !(error instanceof RemoteUnavailableError))
        metrics.modelLoadErrors.inc({ model_version: pin.version, reason: reasonOf(error) });
      throw error;
    }
  }

  /**
   * Stores the verified files of a version, and loads nothing. Has no effect without a cache, or if they are stored. If the
   * keys changed that must have signed them, the stored files are checked, and fetched again if they do not pass.
   */
  async prefetch({ version, digest }: WantedVersion, signal: AbortSignal): Promise<void> {
    const { name, cache, signingKeys } = this.#options;
    if (cache === undefined) return;
    const trusted = signingKeys?.();
    const keys = trusted?.keys.map(({ id }) => id).join() ?? '';
    const checked = trusted === undefined || this.#checked.get(`${version} ${digest}`) === keys;
    if (checked && (await cache.has({ version, digest }))) return;
    await this.#through({ version, digest }, (registry) =>
      fetchVersion({ registry, name, version, digest, signingKeys: trusted, signal }),
    );
    this.#checked.set(`${version} ${digest}`, keys);
  }

  #through<T>(
    { version, digest }: ModelPin,
    use: (registry: LoadModelOptions['registry']) => Promise<T>,
  ): Promise<T> {
    const { cache, registry } = this.#options;
    // Without a digest nothing tells whether the files on disk are those of the version.
    if (cache === undefined || digest === undefined) return use(registry);
    return cache.through({ version, digest }, registry, use);
  }

  /** Retries until the pinned version is loaded or `signal` aborts. */
  loadPinned(pin: ModelPin, signal: AbortSignal): Promise<Model> {
    const { reportRegistry, reportModel, clock, logger } = this.#options;
    const load = () => this.load(pin, signal);
    return loadPinnedModel({ load, reportRegistry, reportModel, clock, logger, signal });
  }

  /** Serves the version that the alias names, until `signal` aborts. */
  follow(
    alias: string,
    pollMilliseconds: number,
    onModel: (model: Model) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const load = (version: string) => this.load({ version, digest: undefined }, signal);
    return new AliasFollower({ ...this.#options, alias, pollMilliseconds, load, onModel }).run(signal);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ModelLoadError) return error.reason;
  return error instanceof SigningKeysError ? 'SigningKeysMissing' : 'RegistryUnreachable';
}
