import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { decimal, httpUrl, parseConfig } from '../shared/config.ts';
import { createLogger } from '../shared/logging.ts';
import { ModelRegistry } from '../shared/mlflow/model-registry.ts';
import { type Verdict, verifyModel } from './model/verify-model.ts';

const EXIT_PASSED = 0;
const EXIT_FAILED = 1;
/** The registry, the settings or the machine failed, not the model: worth another try. */
const EXIT_INFRASTRUCTURE = 2;

/** Kubernetes keeps 4,096 bytes of a termination message. */
const MESSAGE_CHARACTERS = 2_000;

const messageSchema = z.object({ TERMINATION_MESSAGE_PATH: z.string().default('/dev/termination-log') });
const schema = z.object({
  MODEL_NAME: z.string().default('loan-eligibility'),
  MODEL_VERSION: z.string(),
  STABLE_VERSION: z.string().optional(),
  MLFLOW_TRACKING_URI: httpUrl(),
  MAX_BATCH_P99_MILLISECONDS: decimal(0.001, 60_000).default(50),
});

const logger = createLogger({ component: 'verify', level: 'info' });
// By itself and first, as a wrong setting has to be told as well.
const { TERMINATION_MESSAGE_PATH } = parseConfig(messageSchema, process.env);

/** One line for the controller that reads the container's end, and the same for people who read the log. */
function report(result: Pick<Verdict, 'passed' | 'message'> & { readonly reason: string }): void {
  const line = `${JSON.stringify({ ...result, message: result.message.slice(0, MESSAGE_CHARACTERS) })}\n`;
  process.stdout.write(line);
  try {
    writeFileSync(TERMINATION_MESSAGE_PATH, line);
  } catch (error) {
    logger.warn({ error }, 'the termination message cannot be written');
  }
}

try {
  const config = parseConfig(schema, process.env);
  const verdict = await verifyModel({
    registry: new ModelRegistry({ url: config.MLFLOW_TRACKING_URI }),
    name: config.MODEL_NAME,
    version: config.MODEL_VERSION,
    stableVersion: config.STABLE_VERSION,
    maximumBatchP99Milliseconds: config.MAX_BATCH_P99_MILLISECONDS,
    monotonic: () => performance.now(),
  });
  report(verdict);
  process.exitCode = verdict.passed ? EXIT_PASSED : EXIT_FAILED;
} catch (error) {
  report({ passed: false, reason: 'VerificationInterrupted', message: (error as Error).message });
  process.exitCode = EXIT_INFRASTRUCTURE;
}
