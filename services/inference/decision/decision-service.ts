import { randomUUID } from 'node:crypto';
import type { Logger } from '../../shared/logging.ts';
import type { InferenceMetrics } from '../metrics.ts';
import type { Model } from '../model/model.ts';
import { type DecodeFailure, peekRequestId } from './decode/application-decoder.ts';
import { MicroBatcher } from './micro-batcher.ts';
import type { ModelRouter } from './route/model-router.ts';
import { NoModelError } from './route/model-router.ts';
import type { Servable } from './route/servable.ts';
import type { Decision, Role } from './score/decision.ts';
import type { ShadowScorer } from './shadow/shadow-scorer.ts';

export interface DecisionServiceOptions {
  readonly router: ModelRouter;
  readonly shadow: ShadowScorer;
  readonly metrics: InferenceMetrics;
  readonly maximumBytes: number;
  readonly logger: Logger;
}

/** One application decided. */
export interface DecidedApplication {
  readonly model: Model;
  readonly role: Role;
  readonly decision: Decision;
  readonly decisionId: string;
  readonly requestId: string;
}

/** Decides single applications, together with those that arrive at the same time. */
export class DecisionService {
  readonly #options: DecisionServiceOptions;
  readonly #batchers = new WeakMap<Servable, MicroBatcher>();

  constructor(options: DecisionServiceOptions) {
    this.#options = options;
  }

  /**
   * @param body `{"input": {…}, "request_id": …}` or the features alone
   * @throws NoModelError, ScoringError
   */
  async decide(body: Uint8Array): Promise<DecidedApplication | DecodeFailure> {
    const { shadow, metrics } = this.#options;
    const decisionId = randomUUID();
    const outcome =
      (await this.#decideByCanary(body, decisionId)) ?? (await this.#decideByStable(body, decisionId));
    if ('rejection' in outcome) metrics.rejections.inc({ code: outcome.rejection.code });
    else if (outcome.role === 'stable' && shadow.wanted) {
      shadow.enqueue([{ data: body, decision: outcome.decision }]);
    }
    return outcome;
  }

  #decideByStable(body: Uint8Array, decisionId: string): Promise<DecidedApplication | DecodeFailure> {
    const { stable } = this.#options.router;
    if (stable === undefined) throw new NoModelError('no model is loaded yet');
    return this.#decideBy(stable, 'stable', body, decisionId);
  }

  /** Undefined where the stable model has to decide: no canary, not its key, or it failed. */
  async #decideByCanary(
    body: Uint8Array,
    decisionId: string,
  ): Promise<DecidedApplication | DecodeFailure | undefined> {
    const { router, maximumBytes, logger } = this.#options;
    const { canary } = router;
    if (canary === undefined) return undefined;
    const key = peekRequestId(body, maximumBytes) || decisionId;
    if (!router.canaryDecides(key)) return undefined;
    try {
      return await this.#decideBy(canary, 'candidate', body, decisionId);
    } catch (error) {
      logger.warn({ error }, 'the candidate failed; the stable model decides');
      return undefined;
    }
  }

  async #decideBy(
    servable: Servable,
    role: Role,
    body: Uint8Array,
    decisionId: string,
  ): Promise<DecidedApplication | DecodeFailure> {
    const result = await this.#batcher(servable, role).submit(body);
    if ('rejection' in result) return result;
    const { decision, requestId } = result;
    return { model: servable.model, role, decision, decisionId, requestId: requestId || decisionId };
  }

  #batcher(servable: Servable, role: Role): MicroBatcher {
    let batcher = this.#batchers.get(servable);
    if (batcher === undefined) {
      const { decider, model } = servable;
      if (decider === undefined) {
        const { name, version } = model.identity;
        throw new NoModelError(`${name} version ${version} has no serving.json: it can infer, not decide`);
      }
      batcher = new MicroBatcher(servable, decider, role);
      this.#batchers.set(servable, batcher);
    }
    return batcher;
  }
}
