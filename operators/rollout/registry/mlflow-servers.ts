import type { MlflowHttpOptions } from '../../../services/shared/mlflow/mlflow-http.ts';
import type { HostList } from '../servers/host-list.ts';
import { NotAllowedError } from '../servers/not-allowed-error.ts';

/** Time-out of one call. A slower MLflow counts as unreachable. */
const TIMEOUT_MILLISECONDS = 5_000;
/** Many objects are read at once. A model with all of its aliases and tags is far smaller. */
const ANSWER_LIMIT_BYTES = 2 * 1024 * 1024;

/** How the operator reaches MLflow servers. Every call to MLflow asks here first. */
export class MlflowServers {
  readonly #hosts: HostList;

  constructor(hosts: HostList) {
    this.#hosts = hosts;
  }

  /** @throws NotAllowedError */
  connection(url: string): MlflowHttpOptions {
    const refusal = this.#hosts.refusal(url);
    if (refusal !== undefined) throw new NotAllowedError(refusal);
    return { url, timeoutMilliseconds: TIMEOUT_MILLISECONDS, answerLimitBytes: ANSWER_LIMIT_BYTES };
  }

  allows(url: string): boolean {
    return this.#hosts.refusal(url) === undefined;
  }
}
