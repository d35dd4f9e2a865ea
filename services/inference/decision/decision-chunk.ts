import type { Batch, Outcome, Rejection, StreamRecord } from '../../stream/record.ts';
import type { InferenceMetrics } from '../metrics.ts';
import { ScoringError } from '../model/model.ts';
import { rejectionOutcome } from './dead-letter.ts';
import { decisionId } from './decision-id.ts';
import type { DecisionProcessorOptions } from './decision-processor.ts';
import { DecisionWriter } from './decision-writer.ts';
import { NoModelError } from './route/model-router.ts';
import type { Servable } from './route/servable.ts';
import type { Role } from './score/decision.ts';
import { Lane, type LaneResult } from './score/scored-rows.ts';
import type { ScoringFailures } from './scoring-failures.ts';
import type { ShadowSample } from './shadow/shadow-scorer.ts';

/** What to count once a batch's outcomes are out: a batch that is tried again is counted once. */
export class BatchReport {
  readonly samples: ShadowSample[] = [];
  readonly #lanes: Lane[] = [];
  readonly #rejections = new Map<Rejection['code'], number>();

  addLane(lane: Lane): void {
    this.#lanes.push(lane);
  }

  addRejection(code: Rejection['code']): void {
    this.#rejections.set(code, (this.#rejections.get(code) ?? 0) + 1);
  }

  publish(metrics: InferenceMetrics): void {
    for (const lane of this.#lanes) lane.decider.report(lane.role, lane.tally);
    for (const [code, count] of this.#rejections) metrics.rejections.inc({ code }, count);
  }
}

export interface DecisionChunkOptions {
  /** Place of the first record. */
  readonly start: number;
  /** Place after the last record. */
  readonly end: number;
  readonly scoredAt: string;
  readonly outcomes: Outcome[];
  readonly report: BatchReport;
  readonly failures: ScoringFailures;
}

/** A part of a batch that is decided at once, by the models of this moment. */
export class DecisionChunk {
  readonly #options: DecisionProcessorOptions;
  readonly #batch: Batch;
  readonly #chunk: DecisionChunkOptions;

  constructor(options: DecisionProcessorOptions, batch: Batch, chunk: DecisionChunkOptions) {
    this.#options = options;
    this.#batch = batch;
    this.#chunk = chunk;
  }

  decide(): Promise<void> {
    const { stable, canary } = this.#options.router;
    if (stable === undefined) throw new NoModelError('no model is loaded yet');
    return stable.use(() =>
      canary === undefined ? this.#decideBy(stable) : canary.use(() => this.#decideBy(stable, canary)),
    );
  }

  async #decideBy(stable: Servable, canary?: Servable): Promise<void> {
    const { router } = this.#options;
    const { start, end } = this.#chunk;
    const stableLane = this.#lane(stable, 'stable');
    const canaryLane = canary && this.#lane(canary, 'candidate');
    for (let item = start; item < end; item++) {
      const toCanary = canaryLane !== undefined && router.canaryDecides(this.#record(item).partitionKey);
      this.#add(toCanary ? canaryLane : stableLane, item);
    }
    if (canaryLane !== undefined) await this.#scoreCanary(canaryLane, stableLane);
    await this.#scoreStable(stableLane);
  }

  #lane(servable: Servable, role: Role): Lane {
    const { decider, model } = servable;
    if (decider === undefined) {
      throw new NoModelError(`${model.identity.name} version ${model.identity.version} has no serving.json`);
    }
    return new Lane(decider, role, this.#chunk.end - this.#chunk.start);
  }

  #record(item: number): StreamRecord {
    return this.#batch.records[item] as StreamRecord;
  }

  #add(lane: Lane, item: number): void {
    const record = this.#record(item);
    const failure = lane.add(item, record.data);
    if (failure === undefined) return;
    this.#chunk.report.addRejection(failure.rejection.code);
    this.#chunk.outcomes[item] = rejectionOutcome(this.#options, this.#batch, record, failure);
  }

  /** What the candidate cannot decide goes to the stable model. */
  async #scoreCanary(lane: Lane, stableLane: Lane): Promise<void> {
    const { decider } = lane;
    const publish = this.#publishTo(lane);
    let errors = 0;
    const error = await lane.scoreEach((item, requestId, decision) => {
      if (decision !== undefined) return publish(item, requestId, decision);
      errors++;
      this.#chunk.failures.count(decider, 'candidate', this.#record(item));
      this.#add(stableLane, item);
    });
    if (error !== undefined) {
      this.#options.logger.warn(
        { error, version: decider.identity.version, records: errors },
        'the candidate failed; the stable model decides',
      );
    }
    this.#chunk.report.addLane(lane);
  }

  async #scoreStable(lane: Lane): Promise<void> {
    const { decider } = lane;
    const { report, failures } = this.#chunk;
    const publish = this.#publishTo(lane);
    const shadowed = this.#options.shadow.wanted;
    let errors = 0;
    try {
      await lane.score((item, requestId, decision) => {
        if (decision === undefined) {
          errors++;
          return failures.count(decider, 'stable', this.#record(item));
        }
        publish(item, requestId, decision);
        if (shadowed) report.samples.push({ data: this.#record(item).data, decision });
      });
    } catch (error) {
      failures.suspect(
        decider,
        lane.items.map((item) => this.#record(item)),
      );
      throw error;
    }
    if (errors > 0) throw new ScoringError('the graph gave no probability in [0, 1]');
    report.addLane(lane);
  }

  #publishTo(lane: Lane): (...result: Parameters<LaneResult>) => void {
    const { identity, contract } = lane.decider;
    const { scoredAt, outcomes } = this.#chunk;
    const writer = new DecisionWriter(identity, contract.decision.name, lane.role, this.#batch, scoredAt);
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
