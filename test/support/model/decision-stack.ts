import { Registry } from 'prom-client';
import { DecisionProcessor } from '../../../services/inference/decision/decision-processor.ts';
import type { Candidate } from '../../../services/inference/decision/route/model-router.ts';
import { ModelRouter } from '../../../services/inference/decision/route/model-router.ts';
import { ShadowScorer } from '../../../services/inference/decision/shadow/shadow-scorer.ts';
import { createInferenceMetrics } from '../../../services/inference/metrics.ts';
import type { Model } from '../../../services/inference/model/model.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import type { Batch, Outcome, StreamRecord } from '../../../services/stream/record.ts';
import { ManualClock } from '../manual-clock.ts';

export interface DecisionStackOptions {
  readonly stable?: Model;
  readonly loadCandidate?: (candidate: Candidate, signal: AbortSignal) => Promise<Model>;
  readonly backlogLimitBytes?: number;
}

/** The parts behind RecordProcessor, with models that the test chooses. */
export function decisionStack(options: DecisionStackOptions = {}) {
  const metricsRegistry = new Registry();
  const metrics = createInferenceMetrics(metricsRegistry);
  const logger = createLogger({ component: 'test', level: 'silent' });
  const maximumBytes = 256 * 1024;
  const clock = new ManualClock();
  const router = new ModelRouter({
    maximumBytes,
    metrics,
    logger,
    loadCandidate: options.loadCandidate ?? (() => Promise.reject(new Error('there is no candidate'))),
  });
  if (options.stable !== undefined) router.setStable(options.stable);
  const { backlogLimitBytes } = options;
  const shadow = new ShadowScorer({
    router,
    metrics,
    logger,
    ...(backlogLimitBytes === undefined ? {} : { backlogLimitBytes }),
  });
  const shared = { modelName: 'loan-eligibility', router, shadow, metrics, maximumBytes, clock, logger };
  const processor = new DecisionProcessor(shared);
  return { ...shared, metricsRegistry, processor };
}

/** Value of the series. Undefined if the series does not exist. */
export async function metricValue(
  metricsRegistry: Registry,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const text = await metricsRegistry.metrics();
  const line = text
    .split('\n')
    .filter((it) => it.startsWith(`${name}{`) || it.startsWith(`${name} `))
    .find((it) => Object.entries(labels).every(([key, value]) => it.includes(`${key}="${value}"`)));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

export function streamRecord(payload: unknown, change: Partial<StreamRecord> = {}): StreamRecord {
  const data =
    payload instanceof Uint8Array
      ? payload
      : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return {
    data,
    partitionKey: 'key',
    sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
    subSequenceNumber: 0,
    arrivalMilliseconds: Date.UTC(2026, 0, 1),
    ...change,
  };
}

export function batchOf(records: readonly StreamRecord[], change: Partial<Batch> = {}): Batch {
  return { stream: 'loan-applications', shardId: 'shardId-000000000000', epoch: 3, records, ...change };
}

/** Parses the data of an outcome. */
export function read(
  outcome: Outcome | undefined,
): Record<string, unknown> & { readonly prediction?: unknown } {
  return JSON.parse(Buffer.from(outcome?.data ?? []).toString());
}
