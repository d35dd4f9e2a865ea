import type { Clock } from '../../../services/shared/clock.ts';
import type { Logger } from '../../../services/shared/logging.ts';
import { GROUP, type ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { WebhookRows, WebhookTarget } from '../registry/webhook-rows.ts';

export const FINALIZER = `${GROUP}/webhook`;

/** A row may be lost with the registry's database. */
const RECHECK_MILLISECONDS = 600_000;
const RETRY_MILLISECONDS = 60_000;
/** A deletion is held up no longer, whatever the registry says. */
const RELEASE_DEADLINE_MILLISECONDS = 30_000;
const RELEASE_RETRY_MILLISECONDS = 5_000;

export interface WebhookRegistrationOptions {
  readonly cluster: Cluster;
  readonly rows: WebhookRows;
  /** Undefined: aliases are only polled, and what an earlier configuration left is cleared at deletion. */
  readonly target: WebhookTarget | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Ties the row in MLflow, the one thing outside of the cluster, to the life of the ModelDeployments that want it. */
export class WebhookRegistration {
  readonly #options: WebhookRegistrationOptions;
  /** Registry to when to look again. */
  readonly #nextCheck = new Map<string, number>();

  constructor(options: WebhookRegistrationOptions) {
    this.#options = options;
  }

  /**
   * The finalizer first, so that no row is left behind. An outage of the registry is logged: the poll goes on.
   * Resolves to whether the object was changed.
   */
  async claim(object: ModelDeployment): Promise<boolean> {
    const { cluster, rows, target, clock, logger } = this.#options;
    if (target === undefined) return false;
    const { finalizers = [] } = object.metadata;
    if (!finalizers.includes(FINALIZER)) {
      await cluster.setFinalizers(object, [...finalizers, FINALIZER]);
      return true;
    }
    const { url } = object.spec.registry;
    if (clock.monotonic() < (this.#nextCheck.get(url) ?? 0)) return false;
    try {
      await rows.ensure(url, target);
      this.#nextCheck.set(url, clock.monotonic() + RECHECK_MILLISECONDS);
    } catch (error) {
      logger.warn({ error, url }, 'webhook not registered; the alias is polled');
      this.#nextCheck.set(url, clock.monotonic() + RETRY_MILLISECONDS);
    }
    return false;
  }

  /** Removes the row with its last user, then the finalizer. Resolves to when to try again; undefined once released. */
  async release(object: ModelDeployment): Promise<number | undefined> {
    const { cluster, rows, clock, logger } = this.#options;
    const { metadata, spec } = object;
    if (!metadata.finalizers?.includes(FINALIZER)) return undefined;
    const needed = cluster
      .modelDeployments()
      .some(
        (other) =>
          other.metadata.deletionTimestamp === undefined && other.spec.registry.url === spec.registry.url,
      );
    try {
      if (!needed) await rows.remove(spec.registry.url);
    } catch (error) {
      logger.warn({ error, name: metadata.name }, 'webhook not removed');
      const deletedFor = clock.now() - Date.parse(metadata.deletionTimestamp ?? '');
      if (deletedFor < RELEASE_DEADLINE_MILLISECONDS) return RELEASE_RETRY_MILLISECONDS;
    }
    this.#nextCheck.delete(spec.registry.url);
    await cluster.setFinalizers(
      object,
      metadata.finalizers.filter((finalizer) => finalizer !== FINALIZER),
    );
    return undefined;
  }
}
