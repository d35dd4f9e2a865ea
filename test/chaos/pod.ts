import { Registry } from 'prom-client';
import { type Clock, systemClock } from '../../services/shared/clock.ts';
import { parseConfig } from '../../services/shared/config.ts';
import { Lifecycle } from '../../services/shared/lifecycle.ts';
import { createLogger } from '../../services/shared/logging.ts';
import { streamSettings } from '../../services/stream/settings.ts';
import { startStream } from '../../services/stream/start-stream.ts';
import { ChaosProcessor } from './chaos-processor.ts';

// One process with the real consumer and a processor that repeats its input. SIGUSR2 makes its wall clock jump: by minutes,
// by more than the retention of the stream, ahead or back. The next signal mends the clock.
const JUMPS_MILLISECONDS = [20_000, -20_000, 3_600_000, -3_600_000, 48 * 3_600_000, -48 * 3_600_000];
let jump = 0;
process.on('SIGUSR2', () => {
  jump = jump === 0 ? (JUMPS_MILLISECONDS[process.pid % JUMPS_MILLISECONDS.length] ?? 0) : 0;
});
const clock: Clock = { ...systemClock, now: () => Date.now() + jump };

const logger = createLogger({ component: 'pod', level: 'info' });
const lifecycle = new Lifecycle({ logger, deadlineMilliseconds: 20_000 });
const settings = parseConfig(streamSettings, process.env);
const stream = startStream({
  settings: { ...settings, INPUT_STREAM: settings.INPUT_STREAM ?? 'in' },
  processor: new ChaosProcessor(),
  metricsRegistry: new Registry(),
  clock,
  logger,
});
lifecycle.onStop('stream', () => stream.stop());
setInterval(() => logger.info({ rssBytes: process.memoryUsage.rss() }, 'memory'), 1000).unref();
