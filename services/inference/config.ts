import { z } from 'zod';
import type { InferenceVariable } from '../shared/agreements/environment-variables.ts';
import { HTTP_PORT } from '../shared/agreements/http-paths.ts';
import { CHAMPION_ALIAS, SYSTEM_NAME } from '../shared/agreements/kubernetes-names.ts';
import { ALWAYS, decimal, httpUrl, integer, parseConfig } from '../shared/config.ts';
import { httpSettings } from '../shared/http-settings.ts';
import { LISTEN_HOST_MEANING, listenHost } from '../shared/listen-host.ts';
import { LOG_LEVELS } from '../shared/logging.ts';
import { streamSettings } from '../stream/settings.ts';
import { allowedOrigins } from './allowed-origins.ts';
import { cacheSettings } from './cache-settings.ts';
import { signatureSettings } from './signature-settings.ts';

const MEGABYTE = 1024 * 1024;

/** Settings of the process itself; the stream has settings of its own. */
export const serviceSettings = z.object({
  MODEL_NAME: z.string().default(SYSTEM_NAME).describe('Registered model in MLflow.'),
  MLFLOW_TRACKING_URI: httpUrl().describe('MLflow server that holds the registry and the artifacts.'),
  MLFLOW_CREDENTIALS_DIRECTORY: z
    .string()
    .optional()
    .describe(
      'Directory with the files token, or username and password, and ca.crt for MLflow. Read for each request.',
    ),
  MODEL_VERSION: z
    .string()
    .regex(/^\d+$/, 'must be a version number')
    .optional()
    .describe('Version to serve. The operator sets it.'),
  MODEL_DIGEST: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hex digits')
    .optional()
    .describe('Digest that the files of MODEL_VERSION must have. The operator sets it.'),
  MODEL_ALIAS: z
    .string()
    .default(CHAMPION_ALIAS)
    .describe('Alias to follow. Used only if MODEL_VERSION and MODEL_DEPLOYMENT are unset.'),
  REGISTRY_POLL_SECONDS: decimal(0.1, 3600).default(10).describe('Interval at which MODEL_ALIAS is read.'),
  MODEL_DEPLOYMENT: z
    .string()
    .optional()
    .describe(
      'ModelDeployment that names the candidate. The service is not ready until its first version is pinned.',
    ),
  ...signatureSettings,
  ...cacheSettings,
  MAX_RECORD_BYTES: integer(1, 10 * MEGABYTE)
    .default(256 * 1024)
    .describe('A larger application is invalid (`too_large`).'),
  HTTP_HOST: listenHost().default('127.0.0.1').describe(LISTEN_HOST_MEANING),
  HTTP_PORT: integer(0, 65_535)
    .default(HTTP_PORT)
    .describe('Port for the API, probes and metrics. 0: any free port.'),
  ...httpSettings(300),
  CORS_ALLOWED_ORIGINS: allowedOrigins()
    .optional()
    .describe(
      'Origins whose pages may call `/predict`, `/v2` and the path of Lambda: a comma-separated list, or `*`. Never with credentials. Unset: none.',
    ),
  METRICS_POD_LABEL: z
    .string()
    .optional()
    .describe(
      'Name of the pod, as label `pod` on each metric. Set it only if the discovery of Prometheus gives no pod names.',
    ),
  SHUTDOWN_SECONDS: decimal(1, 600)
    .default(25)
    .describe('Time for a clean stop after SIGTERM. A process that needs longer exits with 1.'),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info').describe('Least severe level that is logged.'),
} satisfies Record<InferenceVariable, z.ZodType>);

export const inferenceSettings = streamSettings
  .safeExtend(serviceSettings.shape)
  .refine((value) => value.MODEL_DEPLOYMENT === undefined || value.POD_NAMESPACE !== undefined, {
    ...ALWAYS,
    path: ['POD_NAMESPACE'],
    error: 'is needed with MODEL_DEPLOYMENT: the ModelDeployment is in that namespace',
  })
  .refine((value) => value.DRAIN_SECONDS <= value.SHUTDOWN_SECONDS / 2, {
    ...ALWAYS,
    path: ['DRAIN_SECONDS'],
    error: 'must be at most half of SHUTDOWN_SECONDS: requests in progress need the rest',
  })
  .refine((value) => value.MODEL_DIGEST === undefined || value.MODEL_VERSION !== undefined, {
    ...ALWAYS,
    path: ['MODEL_DIGEST'],
    error: 'needs MODEL_VERSION: the digest is that of its files',
  })
  .refine((value) => !value.REQUIRE_MODEL_SIGNATURE || value.MODEL_SIGNING_KEYS_DIRECTORY !== undefined, {
    ...ALWAYS,
    path: ['MODEL_SIGNING_KEYS_DIRECTORY'],
    error: 'is needed with REQUIRE_MODEL_SIGNATURE: the public keys are in that directory',
  });

export type InferenceConfig = z.output<typeof inferenceSettings>;

/** @throws ConfigError naming every key that is missing or wrong */
export function parseInferenceConfig(
  environment: Readonly<Record<string, string | undefined>>,
): InferenceConfig {
  return parseConfig(inferenceSettings, environment);
}
