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

// The stream's side of the inference process. Prints, as JSON, the CPU time between the first fifth of
// BENCH_RECORDS, by when the code is warm, and the last; or, where there are none, what BENCH_SECONDS of idling cost.
const records = Number(process.env.BENCH_RECORDS);
const warmRecords = records / 5;
const logger = createLogger({ component: 'bench', level: 'warn' });
const registry = new Registry();
const metrics = createInferenceMetrics(registry);
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
  metricsRegistry: registry,
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
const rejected = /inference_rejections_total\{.*\} [1-9]/.test(await registry.metrics());
console.log(
  JSON.stringify({
    cpuSeconds: (user + system) / 1e6,
    seconds,
    records: done - before,
    rssBytes: process.memoryUsage.rss(),
    rejected,
  }),
);
await stream.stop();
router.close();
process.exit(0);
