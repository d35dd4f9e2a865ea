import { z } from 'zod';
import type { RolloutVariable } from '../../services/shared/agreements/environment-variables.ts';
import { LEADER_LEASE } from '../../services/shared/agreements/kubernetes-names.ts';
import { httpUrl, integer, list, parseConfig } from '../../services/shared/config.ts';
import { LOG_LEVELS } from '../../services/shared/logging.ts';

const schema = z
  .object({
    POD_NAMESPACE: z.string().describe('The one namespace that is watched.'),
    POD_NAME: z.string().describe('Identity in the leader Lease.'),
    HTTP_HOST: z.string().default('127.0.0.1'),
    HTTP_PORT: integer(0, 65_535).default(8080).describe('Probes, metrics and webhook.'),
    LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
    LEADER_LEASE: z.string().default(LEADER_LEASE),
    VERIFICATION_COMMAND: list()
      .pipe(z.array(z.string()).min(1))
      .default(['node', 'services/inference/verify.ts'])
      .describe("argv of the verification Job's container, comma-separated."),
    WEBHOOK_URL: httpUrl()
      .optional()
      .describe('How MLflow reaches /webhooks/mlflow here. Unset: aliases are only polled.'),
    WEBHOOK_SECRET: z.string().min(16, 'must have at least 16 characters').optional(),
    MLFLOW_TRACKING_URI: httpUrl()
      .optional()
      .describe('Registry from which a webhook is removed that was left by a deletion while nobody led.'),
    KUBECONFIG: z.string().optional().describe('Only outside of a cluster.'),
  } satisfies Record<RolloutVariable, z.ZodType>)
  .refine((config) => (config.WEBHOOK_URL === undefined) === (config.WEBHOOK_SECRET === undefined), {
    error: 'WEBHOOK_URL and WEBHOOK_SECRET go together',
  });

export type RolloutConfig = z.output<typeof schema>;

/** @throws ConfigError */
export function parseRolloutConfig(environment: Readonly<Record<string, string | undefined>>): RolloutConfig {
  return parseConfig(schema, environment);
}
