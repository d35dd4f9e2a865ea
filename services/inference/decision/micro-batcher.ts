import { setImmediate } from 'node:timers/promises';
import type { FeatureColumns } from '../model/feature-columns.ts';
import { ScoringError } from '../model/model.ts';
import type { DecodeFailure } from './decode/application-decoder.ts';
import type { Servable } from './route/servable.ts';
import type { Decider } from './score/decider.ts';
import { type Decision, decide, type Role } from './score/decision.ts';
import { scoreEach } from './score/score-isolating-failures.ts';

/** A decision, and the id that the client sent (empty where it sent none). */
export interface BatchedDecision {
  readonly requestId: string;
  readonly decision: Decision;
}

interface MicroBatch {
  readonly features: FeatureColumns;
  readonly waiting: PromiseWithResolvers<Decision>[];
}

const BATCH_ROWS = 256;

/**
 * Requests that arrive while the graph is busy are scored in its next run, all in one call. A request that meets
 * an idle graph waits for nothing but the end of the event loop's turn.
 */
export class MicroBatcher {
  readonly #servable: Servable;
  readonly #decider: Decider;
  readonly #role: Role;
  readonly #batches: MicroBatch[] = [];
  #running = false;

  constructor(servable: Servable, decider: Decider, role: Role) {
    this.#servable = servable;
    this.#decider = decider;
    this.#role = role;
  }

  /** Decodes at once, decides with the next run. Rejects with a ScoringError where the graph fails. */
  submit(body: Uint8Array): Promise<BatchedDecision> | DecodeFailure {
    const { features, waiting } = this.#openBatch();
    const requestId = this.#decider.decoder.decodeBody(body, features, waiting.length);
    if (typeof requestId !== 'string') return requestId;
    const result = Promise.withResolvers<Decision>();
    waiting.push(result);
    if (!this.#running) {
      this.#running = true;
      void this.#servable.use(() => this.#drain());
    }
    return result.promise.then((decision) => ({ requestId, decision }));
  }

  #openBatch(): MicroBatch {
    const last = this.#batches.at(-1);
    if (last !== undefined && last.waiting.length < BATCH_ROWS) return last;
    const opened = { features: this.#decider.decoder.columns(BATCH_ROWS), waiting: [] };
    this.#batches.push(opened);
    return opened;
  }

  async #drain(): Promise<void> {
    // Whatever else this turn of the event loop reads from its sockets joins the batch.
    await setImmediate();
    for (let batch = this.#batches.shift(); batch; batch = this.#batches.shift()) {
      if (batch.waiting.length > 0) await this.#run(batch);
    }
    this.#running = false;
  }

  async #run({ features, waiting }: MicroBatch): Promise<void> {
    const tally = this.#decider.tally();
    let errors = 0;
    const { scores, error } = await scoreEach(this.#decider, this.#role, features, waiting.length);
    for (const [row, result] of waiting.entries()) {
      const decision = decide(this.#decider.contract, scores[row] as number);
      if (decision === undefined) {
        errors++;
        result.reject(error ?? new ScoringError('the graph gave no probability in [0, 1]'));
        continue;
      }
      tally.add(decision, features, row);
      result.resolve(decision);
    }
    if (errors > 0) this.#decider.countErrors(this.#role, errors);
    this.#decider.report(this.#role, tally);
  }
}
