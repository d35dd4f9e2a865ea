import { randomUUID } from 'node:crypto';
import type { Logger } from '../../shared/logging.ts';
import type { InferenceMetrics } from '../metrics.ts';
import type { Model } from '../model/model.ts';
import { type DecodeFailure, peekRequestId } from './decode/application-decoder.ts';
import { type BatchedDecision, MicroBatcher } from './micro-batcher.ts';
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
    const { router, shadow, metrics, logger } = this.#options;
    const decisionId = randomUUID();
    const route = new DecisionRoute(router, logger);
    let model = route.canary === undefined ? route.stable : this.#first(route, body, decisionId);
    let result: BatchedDecision | DecodeFailure;
    try {
      result = await this.#batcher(model).submit(body);
    } catch (error) {
      if (model.role === 'stable') throw error;
      model = route.fallBack(error, 1);
      result = await this.#batcher(model).submit(body);
    }
    if ('rejection' in result) {
      metrics.rejections.inc({ code: result.rejection.code });
      return result;
    }
    const { decision, requestId } = result;
    const { servable, role } = model;
    if (role === 'stable' && shadow.wanted) shadow.enqueue([{ record: { data: body }, decision }]);
    return { model: servable.model, role, decision, decisionId, requestId: requestId || decisionId };
  }

  #first(route: DecisionRoute, body: Uint8Array, decisionId: string): DecidingModel {
    return route.of(peekRequestId(body, this.#options.maximumBytes) || decisionId);
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
