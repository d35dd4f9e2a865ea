import { Registry } from 'prom-client';
import { DecisionProcessor } from '../../services/inference/decision/decision-processor.ts';
import { ModelRouter } from '../../services/inference/decision/route/model-router.ts';
import { ShadowScorer } from '../../services/inference/decision/shadow/shadow-scorer.ts';
import { createInferenceMetrics } from '../../services/inference/metrics.ts';
import { FeatureColumns } from '../../services/inference/model/feature-columns.ts';
import { systemClock } from '../../services/shared/clock.ts';
import { createLogger } from '../../services/shared/logging.ts';
import type { Batch } from '../../services/stream/record.ts';
import { applicationRecord } from './applications.ts';
import { loadBenchModel } from './bench-model.ts';

export interface DecisionBenchRow {
  readonly what: string;
  readonly recordsPerCpuSecond: number;
  readonly microsecondsPerRecord: number;
}

const BATCH_RECORDS = 256;
const ROUNDS = 1_500;
const WARM_UP_ROUNDS = 300;

/** Measures the CPU time of the process for each record, in batches of 256 records. */
async function measure(what: string, decideBatch: () => Promise<unknown>): Promise<DecisionBenchRow> {
  for (let round = 0; round < WARM_UP_ROUNDS; round++) await decideBatch();
  const before = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round++) await decideBatch();
  const { user, system } = process.cpuUsage(before);
  const microsecondsPerRecord = (user + system) / (ROUNDS * BATCH_RECORDS);
  return { what, recordsPerCpuSecond: Math.round(1e6 / microsecondsPerRecord), microsecondsPerRecord };
}

/** Measures the service's own processor without a stream, and JSON and ONNX alone as the lower limit of the cost. */
export async function decisionBench(): Promise<DecisionBenchRow[]> {
  const model = await loadBenchModel();
  const { contract } = model;
  if (contract === undefined) throw new Error('the benchmark model has no contract');
  const logger = createLogger({ component: 'bench', level: 'warn' });
  const metrics = createInferenceMetrics(new Registry());
  const maximumBytes = 256 * 1024;
  const router = new ModelRouter({
    maximumBytes,
    metrics,
    logger,
    loadCandidate: () => Promise.reject(new Error('there is no candidate')),
  });
  router.setStable(model);
  const shadow = new ShadowScorer({ router, metrics, logger });
  const processor = new DecisionProcessor({
    modelName: 'loan-eligibility',
    router,
    shadow,
    metrics,
    maximumBytes,
    clock: systemClock,
    logger,
  });
  const records = Array.from({ length: BATCH_RECORDS }, (_, index) => ({
    data: applicationRecord(index),
    partitionKey: String(index),
    sequenceNumber: `4959033827149025660855969253836157109592157598913658${String(index).padStart(4, '0')}`,
    subSequenceNumber: 0,
    arrivalMilliseconds: 0,
  }));
  const { signal } = new AbortController();
  const features = FeatureColumns.fromRows(
    contract,
    records.map(({ data }) => JSON.parse(Buffer.from(data).toString()).input),
  );
  const rows = [
    await measure('decode, validate, score, serialise', async () => {
      const batch: Batch = {
        stream: 'loan-applications',
        shardId: 'shardId-000000000000',
        epoch: 1,
        records,
      };
      await processor.process(batch, signal);
      processor.published(batch);
    }),
    await measure('JSON.parse and ONNX alone', async () => {
      for (const { data } of records) JSON.parse(Buffer.from(data).toString());
      await model.score(features, BATCH_RECORDS);
    }),
    await measure('ONNX alone', () => model.score(features, BATCH_RECORDS)),
  ];
  router.close();
  return rows;
}

if (import.meta.main) {
  console.table(
    (await decisionBench()).map((row) => ({
      ...row,
      microsecondsPerRecord: row.microsecondsPerRecord.toFixed(2),
    })),
  );
}
