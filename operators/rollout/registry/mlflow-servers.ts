import type { MlflowHttpOptions } from '../../../services/shared/mlflow/mlflow-http.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { HostList } from '../servers/host-list.ts';
import { NotAllowedError } from '../servers/not-allowed-error.ts';
import type { ServerCredentials } from '../servers/server-credentials.ts';

/** An MLflow server and the credentials for it, as `spec.registry` names them. */
export type MlflowServer = Pick<ModelDeploymentSpec['registry'], 'url' | 'credentials'>;

/** Time-out of one call. A slower MLflow counts as unreachable. */
const TIMEOUT_MILLISECONDS = 5_000;
/** Many objects are read at once. A model with all of its aliases and tags is far smaller. */
const ANSWER_LIMIT_BYTES = 2 * 1024 * 1024;

/** How the operator reaches MLflow servers. Every call to MLflow asks here first. */
export class MlflowServers {
  readonly #hosts: HostList;
  readonly #credentials: Pick<ServerCredentials, 'of'>;

  constructor(hosts: HostList, credentials: Pick<ServerCredentials, 'of'>) {
    this.#hosts = hosts;
    this.#credentials = credentials;
  }

  /** @throws NotAllowedError */
  async connection({ url, credentials }: MlflowServer): Promise<MlflowHttpOptions> {
    const refusal = this.#hosts.refusal(url);
    if (refusal !== undefined) throw new NotAllowedError(refusal);
    const authorisation = await this.#credentials.of(credentials);
    return {
      url,
      authorise: () => authorisation,
      timeoutMilliseconds: TIMEOUT_MILLISECONDS,
      answerLimitBytes: ANSWER_LIMIT_BYTES,
    };
  }

  allows(url: string): boolean {
    return this.#hosts.refusal(url) === undefined;
  }
}
