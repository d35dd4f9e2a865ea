import type { Clock } from '../../../services/shared/clock.ts';
import type { Logger } from '../../../services/shared/logging.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { WebhookRows, WebhookTarget } from '../registry/webhook-rows.ts';
import { WorkQueue } from '../work-queue.ts';

/** A row may be lost with the registry's database. */
const RECHECK_MILLISECONDS = 600_000;
const BACKOFF = { baseMilliseconds: 1_000, maximumMilliseconds: 60_000 };

export interface WebhookRegistrationOptions {
  readonly modelDeployments: () => readonly ModelDeployment[];
  readonly rows: WebhookRows;
  readonly target: WebhookTarget;
  /** MLflow server that may hold a row of ours though no ModelDeployment reads it any more. */
  readonly registry: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Our row in the webhook table of each MLflow server, the one thing outside of the cluster: there for as long as a
 * ModelDeployment reads that server. It follows what there is and not what happened, so that no deletion has to wait
 * for it; an outage is retried and disturbs nothing, as aliases are polled anyway.
 */
export class WebhookRegistration {
  readonly #options: WebhookRegistrationOptions;
  readonly #queue: WorkQueue;
  /** Servers that hold a row, or may. */
  readonly #held = new Set<string>();

  constructor(options: WebhookRegistrationOptions) {
    const { clock, logger } = options;
    this.#options = options;
    this.#queue = new WorkQueue({
      handle: (server) => this.#tend(server),
      clock,
      logger,
      concurrency: 1,
      backoff: BACKOFF,
    });
  }

  /** Looks at every server in use, and at the one that may hold what was left while nobody led. */
  start(): void {
    this.look();
    const { registry } = this.#options;
    if (registry !== undefined && !this.#read().has(registry)) this.#queue.add(registry);
  }

  /** To be called when a ModelDeployment came, changed or went. */
  look(): void {
    const read = this.#read();
    for (const server of read) if (!this.#held.has(server)) this.#queue.add(server);
    for (const server of this.#held) if (!read.has(server)) this.#queue.add(server);
  }

  /** Resolves when the call under way has ended. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }

  async #tend(server: string): Promise<number | undefined> {
    const { rows, target } = this.#options;
    // Even where the call fails: its answer may have been lost.
    this.#held.add(server);
    if (this.#read().has(server)) {
      await rows.ensure(server, target);
      return RECHECK_MILLISECONDS;
    }
    await rows.remove(server);
    this.#held.delete(server);
    // It may have come into use meanwhile.
    return this.#read().has(server) ? 0 : undefined;
  }

  #read(): ReadonlySet<string> {
    const living = this.#options
      .modelDeployments()
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return new Set(living.map(({ spec }) => spec.registry.url));
  }
}
