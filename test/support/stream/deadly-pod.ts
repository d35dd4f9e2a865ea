import { Registry } from 'prom-client';
import { systemClock } from '../../../services/shared/clock.ts';
import { parseConfig } from '../../../services/shared/config.ts';
import { Lifecycle } from '../../../services/shared/lifecycle.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import { streamSettings } from '../../../services/stream/settings.ts';
import { startStream } from '../../../services/stream/start-stream.ts';
import { EchoProcessor, textOf } from './echo-processor.ts';

// One process with the real consumer and a processor that repeats its input. Some texts end the process or hold it.
const settings = parseConfig(streamSettings, process.env);
const deeds: Readonly<Record<string, () => void>> = {
  abort: () => process.abort(),
  exit: () => process.exit(1),
  hold: () => {
    const until = performance.now() + settings.LEASE_SECONDS * 1_500;
    while (performance.now() < until);
  },
};
const processor = new EchoProcessor(({ records }) => {
  for (const record of records) deeds[textOf(record).split('/')[1] ?? '']?.();
});
const logger = createLogger({ component: 'pod', level: 'info' });
const lifecycle = new Lifecycle({ logger, deadlineMilliseconds: 20_000 });
const stream = startStream({
  settings: { ...settings, INPUT_STREAM: settings.INPUT_STREAM ?? 'in' },
  processor,
  metricsRegistry: new Registry(),
  clock: systemClock,
  logger,
});
lifecycle.onStop('stream', () => stream.stop());
