import { randomUUID } from 'node:crypto';
import type { Logger } from '../../shared/logging.ts';
import type { InferenceMetrics } from '../metrics.ts';
import type { Model } from '../model/model.ts';
import { type DecodeFailure, peekRequestId } from './decode/application-decoder.ts';
import { MicroBatcher } from './micro-batcher.ts';
import { type DecidingModel, DecisionRoute } from './route/decision-route.ts';
import type { ModelRouter } from './route/model-router.ts';
import type { Servable } from './route/servable.ts';
import type { Decision, Role } from './score/decision.ts';
import type { ShadowScorer } from './shadow/shadow-scorer.ts';

export interface DecisionServiceOptions {
  readonly router: ModelRouter;
  readonly shadow: ShadowScorer;
  readonly metrics: InferenceMetrics;
  /** Size limit of a request body. */
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
    const decided = await this.#route(body, randomUUID());
    if ('rejection' in decided) metrics.rejections.inc({ code: decided.rejection.code });
    else if (decided.role === 'stable' && shadow.wanted) {
      shadow.enqueue([{ record: { data: body }, decision: decided.decision }]);
    }
    return decided;
  }

  async #route(body: Uint8Array, decisionId: string): Promise<DecidedApplication | DecodeFailure> {
    const { router, maximumBytes, logger } = this.#options;
    const route = new DecisionRoute(router, logger);
    if (route.canary === undefined) return this.#decideBy(route.stable, body, decisionId);
    const first = route.of(peekRequestId(body, maximumBytes) || decisionId);
    try {
      return await this.#decideBy(first, body, decisionId);
    } catch (error) {
      if (first.role === 'stable') throw error;
      return this.#decideBy(route.fallBack(error, 1), body, decisionId);
    }
  }

  async #decideBy(
    model: DecidingModel,
    body: Uint8Array,
    decisionId: string,
  ): Promise<DecidedApplication | DecodeFailure> {
    const result = await this.#batcher(model).submit(body);
    if ('rejection' in result) return result;
    const { decision, requestId } = result;
    const { servable, role } = model;
    return { model: servable.model, role, decision, decisionId, requestId: requestId || decisionId };
  }

  #batcher(model: DecidingModel): MicroBatcher {
    let batcher = this.#batchers.get(model.servable);
    if (batcher === undefined) {
      batcher = new MicroBatcher(model);
      this.#batchers.set(model.servable, batcher);
    }
    return batcher;
  }
}
