import type { Logger } from '../../shared/logging.ts';
import type { Batch, Outcome, StreamRecord } from '../../stream/record.ts';
import type { InferenceMetrics } from '../metrics.ts';
import { ScoringError } from '../model/model.ts';
import { type DeadLetterOptions, deadLetterOutcome } from './dead-letter.ts';
import { decisionId } from './decision-id.ts';
import { DecisionWriter } from './decision-writer.ts';
import type { Rejection } from './rejection.ts';
import { type DecidingModel, DecisionRoute } from './route/decision-route.ts';
import { type ReceiveDecision, ScoredRows } from './score/scored-rows.ts';
import type { ScoringFailures } from './scoring-failures.ts';
import type { ShadowSample, ShadowScorer } from './shadow/shadow-scorer.ts';

/** Counts to publish once the outcomes of a batch are out. A batch that is tried again is counted once. */
export class BatchReport {
  readonly samples: ShadowSample[] = [];
  readonly #scored: ScoredRows<unknown>[] = [];
  readonly #rejections = new Map<Rejection['code'], number>();

  addScored(rows: ScoredRows<unknown>): void {
    this.#scored.push(rows);
  }

  addRejection(code: Rejection['code']): void {
    this.#rejections.set(code, (this.#rejections.get(code) ?? 0) + 1);
  }

  publish(metrics: InferenceMetrics): void {
    for (const { decider, role, tally } of this.#scored) decider.report(role, tally);
    for (const [code, count] of this.#rejections) metrics.rejections.inc({ code }, count);
  }
}

/** What every chunk of every batch shares. */
export interface DecisionChunkContext extends DeadLetterOptions {
  readonly shadow: ShadowScorer;
  readonly logger: Logger;
}

/** A part of a batch, and where its results go. */
export interface DecisionChunkOptions {
  /** Index of the first record. */
  readonly start: number;
  /** Index after the last record. */
  readonly end: number;
  /** Time of the decisions in ISO 8601, UTC. */
  readonly scoredAt: string;
  /** The outcomes of the batch. An outcome has the index of its record. */
  readonly outcomes: Outcome[];
  readonly report: BatchReport;
  readonly failures: ScoringFailures;
}

/** A part of a batch that is decided at once, by the models of this moment. */
export class DecisionChunk {
  readonly #context: DecisionChunkContext;
  readonly #batch: Batch;
  readonly #chunk: DecisionChunkOptions;
  readonly #route: DecisionRoute;

  /** @throws NoModelError */
  constructor(context: DecisionChunkContext, batch: Batch, chunk: DecisionChunkOptions) {
    this.#context = context;
    this.#batch = batch;
    this.#chunk = chunk;
    this.#route = new DecisionRoute(context.router, context.logger);
  }

  decide(): Promise<void> {
    return this.#route.use(() => this.#decide());
  }

  async #decide(): Promise<void> {
    const { start, end } = this.#chunk;
    const { stable, canary } = this.#route;
    const stableRows = this.#rows(stable);
    const canaryRows = canary && this.#rows(canary);
    for (let item = start; item < end; item++) {
      const toCanary = canaryRows && this.#route.of(this.#record(item).partitionKey) === canary;
      this.#add(toCanary ? canaryRows : stableRows, item);
    }
    if (canaryRows !== undefined) await this.#scoreCanary(canaryRows, stableRows);
    await this.#scoreStable(stableRows);
  }

  #rows({ decider, role }: DecidingModel): ScoredRows<number> {
    return new ScoredRows(decider, role, this.#chunk.end - this.#chunk.start);
  }

  #record(item: number): StreamRecord {
    return this.#batch.records[item] as StreamRecord;
  }

  #add(rows: ScoredRows<number>, item: number): void {
    const record = this.#record(item);
    const failure = rows.addRecord(item, record.data);
    if (failure === undefined) return;
    this.#chunk.report.addRejection(failure.rejection.code);
    this.#chunk.outcomes[item] = deadLetterOutcome(this.#context, this.#batch, record, failure);
  }

  async #scoreCanary(rows: ScoredRows<number>, stableRows: ScoredRows<number>): Promise<void> {
    const { failures, report } = this.#chunk;
    const publish = this.#publishTo(rows);
    let failed = 0;
    const error = await rows.scoreIsolatingFailures((item, requestId, decision, row) => {
      if (decision !== undefined) return publish(item, requestId, decision, row);
      failed++;
      failures.count(rows.decider, 'candidate', this.#record(item));
      this.#add(stableRows, item);
    });
    if (error !== undefined) this.#route.fallBack(error, failed);
    report.addScored(rows);
  }

  async #scoreStable(rows: ScoredRows<number>): Promise<void> {
    const { decider } = rows;
    const { report, failures } = this.#chunk;
    const publish = this.#publishTo(rows);
    const shadowed = this.#context.shadow.wanted;
    let failed = 0;
    try {
      await rows.score((item, requestId, decision, row) => {
        if (decision === undefined) {
          failed++;
          return failures.count(decider, 'stable', this.#record(item));
        }
        publish(item, requestId, decision, row);
        if (shadowed) report.samples.push({ record: this.#record(item), decision });
      });
    } catch (error) {
      failures.suspect(
        decider,
        rows.items.map((item) => this.#record(item)),
      );
      throw error;
    }
    if (failed > 0) throw ScoringError.noProbability();
    report.addScored(rows);
  }

  #publishTo({ decider, role }: ScoredRows<number>): ReceiveDecision<number> {
    const { identity, contract } = decider;
    const { scoredAt, outcomes } = this.#chunk;
    const writer = new DecisionWriter(identity, contract.decision.name, role, this.#batch, scoredAt);
    return (item, sentRequestId, decision) => {
      if (decision === undefined) return;
      const record = this.#record(item);
      const id = decisionId(this.#batch, record);
      const requestId = sentRequestId === '' ? id : sentRequestId;
      outcomes[item] = {
        kind: 'decision',
        partitionKey: requestId,
        data: writer.write(decision, requestId, id, record),
      };
    };
  }
}
