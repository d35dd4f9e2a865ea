import type { Rejection } from '../../stream/record.ts';
import type { InferenceMetrics } from '../metrics.ts';
import type { Lane } from './score/scored-rows.ts';
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
