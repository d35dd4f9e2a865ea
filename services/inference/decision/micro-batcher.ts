import { setImmediate } from 'node:timers/promises';
import type { FeatureColumns } from '../model/feature-columns.ts';
import { ScoringError } from '../model/model.ts';
import type { DecodeFailure } from './decode/application-decoder.ts';
import type { DecidingModel } from './route/decision-route.ts';
import type { Decision } from './score/decision.ts';
import { ScoredRows } from './score/scored-rows.ts';

/** A decision, and the id that the client sent. The id is empty if the client sent none. */
export interface BatchedDecision {
  readonly requestId: string;
  readonly decision: Decision;
}

type MicroBatch = ScoredRows<PromiseWithResolvers<BatchedDecision>>;

const BATCH_ROWS = 256;

/** One batch fills while another runs. */
const SPARE_COLUMNS = 2;

/** Rows among which the fixed cost of a run is small, so that a run need not wait for further rows. */
const ENOUGH_ROWS = 32;

/**
 * Scores requests that arrive together, or while the graph is busy in its next run, in one call. A request that meets an
 * idle graph waits only for the end of the event loop's turn. Under load a run waits until a turn brings no further row.
 */
export class MicroBatcher {
  readonly #model: DecidingModel;
  readonly #batches: MicroBatch[] = [];
  /** Columns of runs that have ended. Their room is for 256 rows, and most runs have few. */
  readonly #spare: FeatureColumns[] = [];
  #running = false;

  constructor(model: DecidingModel) {
    this.#model = model;
  }

  /** Decodes at once and decides with the next run. Rejects with a ScoringError if the graph fails. */
  submit(body: Uint8Array): Promise<BatchedDecision> | DecodeFailure {
    const result = Promise.withResolvers<BatchedDecision>();
    const failure = this.#openBatch().addBody(result, body);
    if (failure !== undefined) return failure;
    if (!this.#running) {
      this.#running = true;
      void this.#model.servable.use(() => this.#drain());
    }
    return result.promise;
  }

  #openBatch(): MicroBatch {
    const last = this.#batches.at(-1);
    if (last !== undefined && last.rows < BATCH_ROWS) return last;
    const { decider, role } = this.#model;
    const opened: MicroBatch = new ScoredRows(decider, role, BATCH_ROWS, decider.tally(), this.#spare.pop());
    this.#batches.push(opened);
    return opened;
  }

  async #drain(): Promise<void> {
    for (let batch = this.#batches[0]; batch; batch = this.#batches[0]) {
      await gather(batch);
      this.#batches.shift();
      if (batch.rows > 0) await this.#run(batch);
    }
    this.#running = false;
  }

  async #run(batch: MicroBatch): Promise<void> {
    const { decider, role } = this.#model;
    const failed: PromiseWithResolvers<BatchedDecision>[] = [];
    const error = await batch.scoreIsolatingFailures((result, requestId, decision) => {
      if (decision === undefined) failed.push(result);
      else result.resolve({ requestId, decision });
    });
    for (const result of failed) result.reject(error ?? ScoringError.noProbability());
    if (failed.length > 0) decider.countErrors(role, failed.length);
    decider.report(role, batch.tally);
    if (this.#spare.length < SPARE_COLUMNS) this.#spare.push(batch.features);
  }
}

/**
 * Waits for a turn of the event loop that brings no row. The wait ends by itself: each further turn brings a row, and the
 * rows before it were waiting for that turn's work on the other sockets anyway.
 */
async function gather(batch: MicroBatch): Promise<void> {
  for (let seen = 0; batch.rows > seen && batch.rows < ENOUGH_ROWS; ) {
    seen = batch.rows;
    await setImmediate();
  }
}
