import { HTTP_PORT } from '../../../shared/agreements/http-paths.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { KubernetesClient } from '../../../shared/kubernetes/kubernetes-client.ts';
import { Reflector } from '../../../shared/kubernetes/reflector.ts';
import type { Logger } from '../../../shared/logging.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../../shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../shared/model-deployment/status.ts';
import type { WantedVersion } from '../../model/cache/prefetcher.ts';
import type { Candidate } from './model-router.ts';

/** Loads the candidate in the background. If the candidate cannot be loaded, the stable model decides alone. */
interface CandidateRouter {
  setCandidate(candidate: Candidate | undefined): void;
}

export interface CandidateWatchOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  /** Name of the ModelDeployment. */
  readonly name: string;
  /** Version that this process is pinned to. Undefined if the process follows an alias. */
  readonly stableVersion: string | undefined;
  readonly router: CandidateRouter;
  /** Fetches the files of versions to which a rollback may go. */
  readonly rollbackFiles?: { want(versions: readonly WantedVersion[]): void } | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Watches the status of the ModelDeployment and hands the candidate to the router. While the API server is unreachable,
 * the last known candidate stays, so that no applicant flips to another model.
 */
export class CandidateWatch {
  readonly #options: CandidateWatchOptions;
  readonly #reflector: Reflector<ModelDeployment>;
  #told = 'undefined';

  constructor(options: CandidateWatchOptions) {
    this.#options = options;
    this.#reflector = new Reflector<ModelDeployment>({
      client: options.client,
      path: modelDeploymentPath(options.namespace),
      fieldSelector: `metadata.name=${options.name}`,
      clock: options.clock,
      logger: options.logger,
      onChange: ({ type, object }) => this.#tell(type === 'deleted' ? undefined : object.status),
    });
  }

  start(): void {
    this.#reflector.start();
  }

  stop(): Promise<void> {
    return this.#reflector.stop();
  }

  /** Resolves once the router knows the present candidate. Rejects if the watch is stopped before that. */
  get synced(): Promise<void> {
    return this.#reflector.synced;
  }

  #tell(status: ModelDeploymentStatus | undefined): void {
    this.#options.rollbackFiles?.want(rollbackVersions(status, this.#options.stableVersion));
    const candidate = candidateOf(status, this.#options.stableVersion);
    const text = String(JSON.stringify(candidate));
    if (text === this.#told) return;
    this.#told = text;
    this.#options.logger.info({ candidate }, 'candidate changed');
    this.#options.router.setCandidate(candidate);
  }
}

/**
 * The versions to which a pod pinned to `pinnedVersion` may have to go back. A pod that is pinned to a candidate needs the
 * stable version, and every pod needs the version before the stable version.
 */
export function rollbackVersions(
  status: ModelDeploymentStatus | undefined,
  pinnedVersion: string | undefined,
): readonly WantedVersion[] {
  const versions = [status?.stable, status?.fallback].filter((known) => known !== undefined);
  return versions
    .filter(({ version, digest }) => version !== pinnedVersion && /^sha256:[0-9a-f]{64}$/.test(digest))
    .map(({ version, digest }) => ({ version, digest }));
}

/** The candidate that a pod pinned to `stableVersion` must load. Undefined if the pod is pinned to that version itself. */
export function candidateOf(
  status: ModelDeploymentStatus | undefined,
  stableVersion: string | undefined,
): Candidate | undefined {
  const candidate = status?.candidate;
  if (candidate?.mode === undefined || candidate.digest === undefined) return undefined;
  if (candidate.version === stableVersion) return undefined;
  const { version, digest, mode, isolated } = candidate;
  const weightPercent = mode === 'canary' ? (candidate.weightPercent ?? 0) : 0;
  return {
    version,
    digest,
    mode,
    weightPercent,
    ...(isolated === undefined ? {} : { remoteUrl: `http://${isolated.deployment}:${HTTP_PORT}` }),
  };
}
