import { systemClock } from '../../services/shared/clock.ts';
import { Reflector } from '../../services/shared/kubernetes/reflector.ts';
import { createLogger } from '../../services/shared/logging.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus, Transition } from '../../services/shared/model-deployment/status.ts';
import type { LocalRollout } from './start-rollout.ts';

/** Follows the status of the ModelDeployment, and says each step. */
export class RolloutWatch implements AsyncDisposable {
  readonly #reflector: Reflector<ModelDeployment>;
  readonly #waiting = new Set<() => void>();
  readonly #transitions = new Map<number, Transition>();
  readonly #cluster: LocalRollout['cluster'];
  #object: ModelDeployment | undefined;
  #said = '';

  constructor({ client, namespace, name, cluster }: LocalRollout, say: (message: string) => void) {
    this.#cluster = cluster;
    this.#reflector = new Reflector<ModelDeployment>({
      client,
      path: modelDeploymentPath(namespace),
      fieldSelector: `metadata.name=${name}`,
      clock: systemClock,
      logger: createLogger({ component: 'demo', level: 'silent' }),
      onChange: ({ object }) => {
        this.#object = object;
        // The status keeps the last 30 of them.
        for (const transition of this.status.transitions ?? [])
          this.#transitions.set(transition.sequence, transition);
        const step = stepOf(this.status);
        if (step !== undefined && step !== this.#said) say(step);
        this.#said = step ?? this.#said;
        for (const look of this.#waiting) look();
      },
    });
    this.#reflector.start();
  }

  get status(): ModelDeploymentStatus {
    return this.#object?.status ?? {};
  }

  /** Undefined before the first look. */
  get object(): ModelDeployment | undefined {
    return this.#object;
  }

  get transitions(): readonly Transition[] {
    return [...this.#transitions.values()];
  }

  /** @throws Error with the last status after the time-out */
  async until(
    what: string,
    holds: (status: ModelDeploymentStatus) => boolean,
    timeoutMilliseconds = 120_000,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (holds(this.status)) resolve();
    };
    const timer = setTimeout(() => {
      const { phase, conditions = [] } = this.status;
      const told = conditions.map(({ type, status, message }) => `${type} ${status}: ${message}`).join('; ');
      const played =
        this.#cluster.failure === undefined
          ? ''
          : `; last error of the pods: ${this.#cluster.failure.message}`;
      reject(
        new Error(`not within ${timeoutMilliseconds / 1000} s: ${what}; phase ${phase}; ${told}${played}`),
      );
    }, timeoutMilliseconds);
    this.#waiting.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reflector.stop();
  }
}

/** The present step in one line. Undefined before the first version. */
export function stepOf({
  phase,
  candidate,
  stable,
  failed,
  conditions = [],
}: ModelDeploymentStatus): string | undefined {
  switch (phase) {
    case undefined:
    case 'Waiting':
      return undefined;
    case 'Stable':
    case 'Soaking':
      return `  version ${stable?.version}: ${phase}`;
    case 'RolledBack':
      return `  version ${failed?.version}: refused, ${failed?.reason}: ${failed?.message}`;
    case 'AwaitingApproval': {
      const missing = conditions.find(({ type }) => type === 'Approved')?.message;
      return `  version ${candidate?.version}: ${phase}: ${missing}`;
    }
    case 'Canary': {
      const weight = candidate?.weightPercent ?? 0;
      return `  version ${candidate?.version}: Canary${weight > 0 ? `, ${weight} % of the keys` : ''}`;
    }
    default:
      return `  version ${candidate?.version}: ${phase}`;
  }
}
