import { z } from 'zod';
import type { VerificationVariable } from '../shared/agreements/environment-variables.ts';
import { SYSTEM_NAME } from '../shared/agreements/kubernetes-names.ts';
import { decimal, flag, httpUrl } from '../shared/config.ts';
import { signatureSettings } from './signature-settings.ts';

/** Settings of the verification Job. The operator sets them from the ModelDeployment. */
export const verificationSettings = z.object({
  MODEL_NAME: z.string().default(SYSTEM_NAME).describe('Registered model in MLflow.'),
  MODEL_VERSION: z.string().describe('Version to verify.'),
  STABLE_VERSION: z
    .string()
    .optional()
    .describe('Version in service. MODEL_VERSION must accept all that it accepts.'),
  STABLE_DIGEST: z
    .string()
    .optional()
    .describe('Digest of the version in service. Other files with its number are not that version.'),
  STABLE_TRACKING_URI: httpUrl()
    .optional()
    .describe('MLflow server that holds the version in service. Unset: CANDIDATE_TRACKING_URI.'),
  REQUIRE_STABLE_CONTRACT: flag()
    .default(true)
    .describe('If true, the version is refused if the contract of the version in service cannot be read.'),
  CANDIDATE_TRACKING_URI: httpUrl().describe('MLflow server that holds the version to verify.'),
  MLFLOW_TRACKING_URI: httpUrl()
    .optional()
    .describe(
      'MLflow server of the inference pods. No other server gets the credentials. Unset: no server gets them.',
    ),
  MLFLOW_CREDENTIALS_DIRECTORY: z
    .string()
    .optional()
    .describe(
      'Directory with the files token, or username and password, and ca.crt for MLflow. Read for each request.',
    ),
  ...signatureSettings,
  MAX_BATCH_P99_MILLISECONDS: decimal(0.001, 60_000)
    .default(50)
    .describe('The version is refused if the 99th percentile of its batch latency is higher.'),
  TERMINATION_MESSAGE_PATH: z
    .string()
    .default('/dev/termination-log')
    .describe('File for the result. Kubernetes shows its content as the termination message.'),
} satisfies Record<VerificationVariable, z.ZodType>);
