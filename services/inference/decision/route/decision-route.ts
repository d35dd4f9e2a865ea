import type { Logger } from '../../../shared/logging.ts';
import type { Decider } from '../score/decider.ts';
import type { Role } from '../score/decision.ts';
import { type ModelRouter, NoModelError } from './model-router.ts';
import type { Servable } from './servable.ts';

/** A loaded model that may decide, with its role of this moment. */
export interface DecidingModel {
  readonly servable: Servable;
  readonly decider: Decider;
  readonly role: Role;
}

/**
 * The models of one moment. The canary decides its share of the keys. The stable model decides all other keys, and every
 * record on which the canary fails.
 */
export class DecisionRoute {
  readonly stable: DecidingModel;
  /** Undefined if no canary is loaded, or if it has no serving.json and so cannot decide. */
  readonly canary: DecidingModel | undefined;
  readonly #router: ModelRouter;
  readonly #logger: Logger;

  /** @throws NoModelError if there is no stable model, or if it cannot decide */
  constructor(router: ModelRouter, logger: Logger) {
    this.#router = router;
    this.#logger = logger;
    this.stable = stableOf(router);
    const { canary } = router;
    this.canary = canary?.decider && { servable: canary, decider: canary.decider, role: 'candidate' };
  }

  /** The model that decides first for a partition key. */
  of(partitionKey: string): DecidingModel {
    return this.canary !== undefined && this.#router.canaryDecides(partitionKey) ? this.canary : this.stable;
  }

  /** Logs that the canary failed on so many records. The stable model, which is returned, decides the records. */
  fallBack(error: unknown, records: number): DecidingModel {
    const version = this.canary?.decider.identity.version;
    this.#logger.warn({ error, version, records }, 'the candidate failed; the stable model decides');
    return this.stable;
  }

  /** Runs `work`, during which the models stay open. */
  use<T>(work: () => Promise<T>): Promise<T> {
    const { stable, canary } = this;
    return stable.servable.use(() => (canary === undefined ? work() : canary.servable.use(work)));
  }
}

function stableOf({ stable }: ModelRouter): DecidingModel {
  if (stable === undefined) throw new NoModelError('no model is loaded yet');
  const { decider, model } = stable;
  if (decider === undefined) {
    const { name, version } = model.identity;
    throw new NoModelError(
      `${name} version ${version} has no serving.json: only /v2 inference works without it`,
    );
  }
  return { servable: stable, decider, role: 'stable' };
}
