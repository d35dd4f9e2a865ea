import { Registry } from 'prom-client';
import { DecisionProcessor } from '../../services/inference/decision/decision-processor.ts';
import { ModelRouter } from '../../services/inference/decision/route/model-router.ts';
import { ShadowScorer } from '../../services/inference/decision/shadow/shadow-scorer.ts';
import { createInferenceMetrics } from '../../services/inference/metrics.ts';
import { systemClock } from '../../services/shared/clock.ts';
import { parseConfig } from '../../services/shared/config.ts';
import { createLogger } from '../../services/shared/logging.ts';
import type { Batch, RecordProcessor } from '../../services/stream/record.ts';
import { streamSettings } from '../../services/stream/settings.ts';
import { startStream } from '../../services/stream/start-stream.ts';
import { loadBenchModel } from './bench-model.ts';

// Consumes the stream as the inference process does, and prints the CPU time as JSON. If BENCH_RECORDS is above 0, the
// time runs from a fifth of the records, when the code is warm, to the last record. If BENCH_RECORDS is 0, the time runs
// for BENCH_SECONDS without records.
const records = Number(process.env.BENCH_RECORDS);
const warmRecords = records / 5;
const logger = createLogger({ component: 'bench', level: 'warn' });
const metricsRegistry = new Registry();
const metrics = createInferenceMetrics(metricsRegistry);
const maximumBytes = 256 * 1024;
const router = new ModelRouter({
  maximumBytes,
  metrics,
  logger,
  loadCandidate: () => Promise.reject(new Error('there is no candidate')),
});
router.setStable(await loadBenchModel());
const decisions = new DecisionProcessor({
  modelName: 'loan-eligibility',
  router,
  shadow: new ShadowScorer({ router, metrics, logger }),
  metrics,
  maximumBytes,
  clock: systemClock,
  logger,
});

let done = 0;
let start: { cpu: NodeJS.CpuUsage; at: number; records: number } | undefined;
const finished = Promise.withResolvers<void>();
const counted: RecordProcessor = {
  process: (batch, signal) => decisions.process(batch, signal),
  reject: (batch, record, rejection) => decisions.reject(batch, record, rejection),
  published: (batch: Batch) => {
    decisions.published(batch);
    done += batch.records.length;
    if (start === undefined && done >= warmRecords) begin();
    if (done >= records) finished.resolve();
  },
};

function begin(): void {
  start = { cpu: process.cpuUsage(), at: performance.now(), records: done };
}

const settings = parseConfig(streamSettings, process.env);
const stream = startStream({
  settings: { ...settings, INPUT_STREAM: 'in' },
  processor: counted,
  metricsRegistry,
  clock: systemClock,
  logger,
});
if (records > 0) {
  await finished.promise;
} else {
  await systemClock.sleep(3_000);
  begin();
  await systemClock.sleep(Number(process.env.BENCH_SECONDS) * 1000);
}
const { cpu, at, records: before } = start ?? { cpu: process.cpuUsage(), at: 0, records: 0 };
const { user, system } = process.cpuUsage(cpu);
const seconds = (performance.now() - at) / 1000;
const deadLettered = /inference_rejections_total\{.*\} [1-9]/.test(await metricsRegistry.metrics());
console.log(
  JSON.stringify({
    cpuSeconds: (user + system) / 1e6,
    seconds,
    records: done - before,
    rssBytes: process.memoryUsage.rss(),
    deadLettered,
  }),
);
await stream.stop();
router.close();
process.exit(0);
