import { writeFileSync } from 'node:fs';
import {
  VERIFICATION_EXIT_CODES,
  VERIFICATION_MESSAGE_CHARACTERS,
  type VerificationResult,
} from '../shared/agreements/verification.ts';
import { parseConfig } from '../shared/config.ts';
import { createLogger } from '../shared/logging.ts';
import { ModelRegistry } from '../shared/mlflow/model-registry.ts';
import { verifyModel } from './model/verify-model.ts';
import { credentialsFor } from './registry-credentials.ts';
import { signingKeysOf } from './signature-settings.ts';
import { verificationSettings } from './verification-config.ts';

const logger = createLogger({ component: 'verify', level: 'info' });
// Parsed separately and first, because an error in the other settings must be reported at this path too.
const { TERMINATION_MESSAGE_PATH } = parseConfig(
  verificationSettings.pick({ TERMINATION_MESSAGE_PATH: true }),
  process.env,
);

/** Writes one line for the operator, which reads the termination message, and the same line to the log. */
function report(result: VerificationResult): void {
  const line = `${JSON.stringify({ ...result, message: result.message.slice(0, VERIFICATION_MESSAGE_CHARACTERS) })}\n`;
  process.stdout.write(line);
  try {
    writeFileSync(TERMINATION_MESSAGE_PATH, line);
  } catch (error) {
    logger.warn({ error }, 'the termination message cannot be written');
  }
}

try {
  const config = parseConfig(verificationSettings, process.env);
  const { CANDIDATE_TRACKING_URI, STABLE_TRACKING_URI = CANDIDATE_TRACKING_URI } = config;
  const verdict = await verifyModel({
    registry: new ModelRegistry({
      url: CANDIDATE_TRACKING_URI,
      ...credentialsFor(CANDIDATE_TRACKING_URI, config),
    }),
    name: config.MODEL_NAME,
    version: config.MODEL_VERSION,
    stable:
      config.STABLE_VERSION === undefined
        ? undefined
        : {
            registry: new ModelRegistry({
              url: STABLE_TRACKING_URI,
              ...credentialsFor(STABLE_TRACKING_URI, config),
            }),
            version: config.STABLE_VERSION,
            digest: config.STABLE_DIGEST,
          },
    requireStableContract: config.REQUIRE_STABLE_CONTRACT,
    signingKeys: signingKeysOf(config)?.(),
    maximumBatchP99Milliseconds: config.MAX_BATCH_P99_MILLISECONDS,
    monotonic: () => performance.now(),
  });
  report(verdict);
  process.exitCode = verdict.passed ? VERIFICATION_EXIT_CODES.passed : VERIFICATION_EXIT_CODES.refused;
} catch (error) {
  report({ passed: false, reason: 'VerificationInterrupted', message: (error as Error).message });
  process.exitCode = VERIFICATION_EXIT_CODES.infrastructure;
}
