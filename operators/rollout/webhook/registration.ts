import type { Clock } from '../../../services/shared/clock.ts';
import type { Logger } from '../../../services/shared/logging.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { MlflowServer } from '../registry/mlflow-servers.ts';
import type { WebhookRows, WebhookTarget } from '../registry/webhook-rows.ts';
import { WorkQueue } from '../work-queue.ts';

/** Time between two checks of a row, because the row may be lost with MLflow's database. */
const RECHECK_MILLISECONDS = 600_000;
const BACKOFF = { baseMilliseconds: 1_000, maximumMilliseconds: 60_000 };

export interface WebhookRegistrationOptions {
  readonly modelDeployments: () => readonly ModelDeployment[];
  readonly rows: WebhookRows;
  /** Whether the operator may call the MLflow server at this URL. No other server gets the secret. */
  readonly allows: (server: string) => boolean;
  readonly target: WebhookTarget;
  /** MLflow server that may still hold a row, although no ModelDeployment uses the server. */
  readonly formerServer: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Keeps the operator's row in the webhook table of each MLflow server that a ModelDeployment uses. On each change the
 * leader lists the servers in use, adds missing rows and removes unused rows, and retries until MLflow answers. It needs
 * no finalizer, so no deletion waits for MLflow. An outage does no harm, because aliases are polled anyway.
 */
export class WebhookRegistration {
  readonly #options: WebhookRegistrationOptions;
  readonly #queue: WorkQueue;
  /** Servers that hold a row, or that may hold a row, by URL. */
  readonly #registered = new Map<string, MlflowServer>();

  constructor(options: WebhookRegistrationOptions) {
    const { clock, logger } = options;
    this.#options = options;
    this.#queue = new WorkQueue({
      handle: (server) => this.#synchronize(server),
      clock,
      logger,
      concurrency: 1,
      lane: (server) => server,
      backoff: BACKOFF,
    });
  }

  /** Checks every server in use. Also checks the server that may hold a row from a time without a leader. */
  start(): void {
    this.refresh();
    const { formerServer, allows } = this.#options;
    if (formerServer !== undefined && allows(formerServer) && !this.#serversInUse().has(formerServer))
      this.#queue.add(formerServer);
  }

  /** Call it after each change of a ModelDeployment. */
  refresh(): void {
    const inUse = this.#serversInUse();
    for (const server of inUse.keys()) if (!this.#registered.has(server)) this.#queue.add(server);
    for (const server of this.#registered.keys()) if (!inUse.has(server)) this.#queue.add(server);
  }

  /** Resolves when the running call has ended. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }

  async #synchronize(url: string): Promise<number | undefined> {
    const { rows, target } = this.#options;
    const used = this.#serversInUse().get(url);
    const server = used ?? this.#registered.get(url) ?? { url };
    // This comes before the call: MLflow may have taken a call whose answer was lost.
    this.#registered.set(url, server);
    if (used !== undefined) {
      await rows.ensure(server, target);
      return RECHECK_MILLISECONDS;
    }
    await rows.remove(server, target);
    this.#registered.delete(url);
    // A ModelDeployment may have begun to use the server during the call.
    return this.#serversInUse().has(url) ? 0 : undefined;
  }

  /** By URL. Objects with one URL have one row, so the credentials of the first object are used. */
  #serversInUse(): ReadonlyMap<string, MlflowServer> {
    const living = this.#options
      .modelDeployments()
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const servers = living
      .map(({ spec }) => spec.registry)
      .filter(({ url }) => this.#options.allows(url))
      .map(({ url, credentials }) => [url, { url, credentials }] as const);
    return new Map(servers.toReversed());
  }
}
