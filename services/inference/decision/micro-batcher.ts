import { setImmediate } from 'node:timers/promises';
import { systemClock } from '../../shared/clock.ts';
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

type BatchRows = ScoredRows<PromiseWithResolvers<BatchedDecision>>;

interface MicroBatch {
  readonly scored: BatchRows;
  /** Reading of the clock when the first row came. */
  oldestAt: number;
}

const BATCH_ROWS = 256;

/** One batch fills while another runs. */
const SPARE_COLUMNS = 2;

/** Rows among which the fixed cost of a run is small, so that a run need not wait for further rows. */
const ENOUGH_ROWS = 32;

/** Wait of the oldest row after which a run begins. Other work of the process may make each turn slow. */
const GATHER_MILLISECONDS = 0.5;

/** Runs that wait for no further turn, after a further turn took 0.5 ms or more for each row that it brought. */
const IMPATIENT_RUNS = 16;

/**
 * Scores requests that arrive together, or while the graph is busy in its next run, in one call. A request that meets an
 * idle graph waits only for the end of the event loop's turn. Under load a run waits while short turns bring further rows.
 */
export class MicroBatcher {
  readonly #model: DecidingModel;
  readonly #monotonic: () => number;
  readonly #batches: MicroBatch[] = [];
  /** Columns of runs that have ended. Their room is for 256 rows, and most runs have few. */
  readonly #spare: FeatureColumns[] = [];
  #running = false;
  #impatientRuns = 0;

  constructor(model: DecidingModel, monotonic: () => number = systemClock.monotonic) {
    this.#model = model;
    this.#monotonic = monotonic;
  }

  /** Decodes at once and decides with the next run. Rejects with a ScoringError if the graph fails. */
  submit(body: Uint8Array): Promise<BatchedDecision> | DecodeFailure {
    const result = Promise.withResolvers<BatchedDecision>();
    const batch = this.#openBatch();
    const failure = batch.scored.addBody(result, body);
    if (failure !== undefined) return failure;
    if (batch.scored.rows === 1) batch.oldestAt = this.#monotonic();
    if (!this.#running) {
      this.#running = true;
      void this.#model.servable.use(() => this.#drain());
    }
    return result.promise;
  }

  #openBatch(): MicroBatch {
    const last = this.#batches.at(-1);
    if (last !== undefined && last.scored.rows < BATCH_ROWS) return last;
    const { decider, role } = this.#model;
    const scored: BatchRows = new ScoredRows(decider, role, BATCH_ROWS, decider.tally(), this.#spare.pop());
    const opened = { scored, oldestAt: 0 };
    this.#batches.push(opened);
    return opened;
  }

  async #drain(): Promise<void> {
    let isFurther = false;
    for (let batch = this.#batches[0]; batch; batch = this.#batches[0]) {
      await this.#gather(batch, isFurther);
      isFurther = true;
      this.#batches.shift();
      if (batch.scored.rows > 0) await this.#run(batch.scored);
    }
    this.#running = false;
  }

  /**
   * Waits for a turn of the event loop, and for further turns while turns are short and bring rows.
   * @param isFurther the first turn is a further turn, because the rows have waited for the run before
   */
  async #gather({ scored, oldestAt }: MicroBatch, isFurther: boolean): Promise<void> {
    for (let seen = 0; scored.rows > seen && scored.rows < ENOUGH_ROWS; isFurther = true) {
      const startedAt = this.#monotonic();
      if (startedAt - oldestAt >= GATHER_MILLISECONDS) return;
      if (isFurther && this.#impatientRuns > 0) {
        this.#impatientRuns--;
        return;
      }
      seen = scored.rows;
      await setImmediate();
      const slowFrom = GATHER_MILLISECONDS * Math.max(scored.rows - seen, 1);
      if (isFurther && this.#monotonic() - startedAt >= slowFrom) this.#impatientRuns = IMPATIENT_RUNS;
    }
  }

  async #run(batch: BatchRows): Promise<void> {
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
