import { z } from 'zod';
import type { InferenceVariable } from '../shared/agreements/environment-variables.ts';
import { SYSTEM_NAME } from '../shared/agreements/kubernetes-names.ts';
import { decimal, httpUrl, integer, parseConfig } from '../shared/config.ts';
import { LOG_LEVELS } from '../shared/logging.ts';
import { streamSettings } from '../stream/settings.ts';

const MEGABYTE = 1024 * 1024;

const settings = z.object({
  MODEL_NAME: z.string().default(SYSTEM_NAME),
  MLFLOW_TRACKING_URI: httpUrl(),
  MODEL_VERSION: z.string().regex(/^\d+$/, 'must be a version number').optional(),
  MODEL_DIGEST: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hex digits')
    .optional(),
  MODEL_ALIAS: z
    .string()
    .default('champion')
    .describe('Followed where neither MODEL_VERSION pins nor MODEL_DEPLOYMENT will.'),
  REGISTRY_POLL_SECONDS: decimal(0.1, 3600).default(10),
  MODEL_DEPLOYMENT: z.string().optional(),
  MAX_RECORD_BYTES: integer(1, 10 * MEGABYTE).default(256 * 1024),
  HTTP_HOST: z.string().default('127.0.0.1'),
  HTTP_PORT: integer(0, 65_535).default(8080),
  SHUTDOWN_SECONDS: decimal(1, 600).default(25),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
} satisfies Record<InferenceVariable, z.ZodType>);

const schema = streamSettings
  .safeExtend(settings.shape)
  .refine((value) => value.MODEL_DEPLOYMENT === undefined || value.POD_NAMESPACE !== undefined, {
    path: ['POD_NAMESPACE'],
    error: 'is needed with MODEL_DEPLOYMENT, which lives in it',
  })
  .refine((value) => value.MODEL_DIGEST === undefined || value.MODEL_VERSION !== undefined, {
    path: ['MODEL_DIGEST'],
    error: 'needs MODEL_VERSION, whose files it is about',
  });

export type InferenceConfig = z.output<typeof schema>;

/** @throws ConfigError naming every key that is missing or wrong */
export function parseInferenceConfig(
  environment: Readonly<Record<string, string | undefined>>,
): InferenceConfig {
  return parseConfig(schema, environment);
}
