import type { Clock } from '../../../shared/clock.ts';
import type { KubernetesClient } from '../../../shared/kubernetes/kubernetes-client.ts';
import { Reflector } from '../../../shared/kubernetes/reflector.ts';
import type { Logger } from '../../../shared/logging.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../../shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../shared/model-deployment/status.ts';
import type { Candidate } from './model-router.ts';

/** Loads the candidate in the background; one that can't be loaded leaves the stable model alone. */
interface CandidateRouter {
  setCandidate(candidate: Candidate | undefined): void;
}

export interface CandidateWatchOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  /** The ModelDeployment. */
  readonly name: string;
  /** Version that this process is pinned to; undefined where it follows an alias. */
  readonly stableVersion: string | undefined;
  readonly router: CandidateRouter;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Follows the ModelDeployment's status and tells the router of the candidate. While the API server is away the
 * last known candidate stays, so that no applicant flips to another model; before it was ever reached there is none.
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

  /** Resolves once the router knows of the candidate that there is; rejects where the watch is stopped before. */
  get synced(): Promise<void> {
    return this.#reflector.synced;
  }

  #tell(status: ModelDeploymentStatus | undefined): void {
    const candidate = candidateOf(status, this.#options.stableVersion);
    const text = String(JSON.stringify(candidate));
    if (text === this.#told) return;
    this.#told = text;
    this.#options.logger.info({ candidate }, 'candidate changed');
    this.#options.router.setCandidate(candidate);
  }
}

/** The candidate that a pod pinned to `stableVersion` has to load: none once the pod itself is pinned to it. */
export function candidateOf(
  status: ModelDeploymentStatus | undefined,
  stableVersion: string | undefined,
): Candidate | undefined {
  const candidate = status?.candidate;
  if (candidate?.mode === undefined || candidate.digest === undefined) return undefined;
  if (candidate.version === stableVersion) return undefined;
  const { version, digest, mode } = candidate;
  return { version, digest, mode, weightPercent: mode === 'canary' ? (candidate.weightPercent ?? 0) : 0 };
}
