import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { RolloutVariable } from '../../services/shared/agreements/environment-variables.ts';
import { HTTP_PORT } from '../../services/shared/agreements/http-paths.ts';
import { LEADER_LEASE } from '../../services/shared/agreements/kubernetes-names.ts';
import { ALWAYS, ConfigError, httpUrl, integer, list, parseConfig } from '../../services/shared/config.ts';
import { httpSettings } from '../../services/shared/http-settings.ts';
import { LISTEN_HOST_MEANING, listenHost } from '../../services/shared/listen-host.ts';
import { LOG_LEVELS } from '../../services/shared/logging.ts';
import { streamSetting } from '../../services/shared/stream-reference.ts';
import { parseAuthority } from './servers/authority.ts';

export const rolloutSettings = z
  .object({
    POD_NAMESPACE: z.string().describe('The one namespace that the operator watches.'),
    POD_NAME: z.string().describe('Name of this replica in the leader Lease.'),
    HTTP_HOST: listenHost().default('127.0.0.1').describe(LISTEN_HOST_MEANING),
    HTTP_PORT: integer(0, 65_535)
      .default(HTTP_PORT)
      .describe('Port for probes, metrics and the webhook. 0: any free port.'),
    ...httpSettings(10),
    LOG_LEVEL: z.enum(LOG_LEVELS).default('info').describe('Least severe level that is logged.'),
    LEADER_LEASE: z.string().default(LEADER_LEASE).describe('Lease whose holder acts.'),
    VERIFICATION_COMMAND: list()
      .pipe(z.array(z.string()).min(1))
      .default(['node', 'services/inference/verify.ts'])
      .describe('Command of the verification Job: program and arguments, separated by commas.'),
    WEBHOOK_URL: httpUrl()
      .optional()
      .describe('URL at which MLflow reaches this webhook. Unset: aliases are only polled.'),
    WEBHOOK_SECRET: z
      .string()
      .min(16, 'must have at least 16 characters')
      .optional()
      .describe('Secret with which MLflow signs its deliveries.'),
    WEBHOOK_SECRET_FILE: z
      .string()
      .optional()
      .describe(
        'File that holds WEBHOOK_SECRET, read once at the start. A file shows in no list of environment variables.',
      ),
    MLFLOW_TRACKING_URI: serverUrl()
      .optional()
      .describe(
        'URL of the MLflow server of this installation. On becoming leader, the operator removes webhooks that a deleted ModelDeployment left there.',
      ),
    PROMETHEUS_URL: serverUrl()
      .optional()
      .describe('URL of the Prometheus of this installation. Only its host is used.'),
    REGISTRY_HOSTS: hosts()
      .optional()
      .describe(
        'Hosts that `spec.registry.url` may name: HOST for any port, or HOST:PORT, separated by commas. Default: host and port of MLFLOW_TRACKING_URI.',
      ),
    PROMETHEUS_HOSTS: hosts()
      .optional()
      .describe(
        'Hosts that `spec.analysis.prometheus` may name, in the same form. Default: host and port of PROMETHEUS_URL.',
      ),
    NOTIFICATION_HOSTS: hosts()
      .optional()
      .describe('Hosts to which `spec.notifications` may post, in the same form. Unset: nobody is notified.'),
    AUDIT_STREAM: streamSetting()
      .optional()
      .describe(
        'Kinesis stream, by name or ARN, into which each transition is written. Unset: the log alone has the audit record.',
      ),
    AUDIT_BUCKET: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
      .optional()
      .describe('Bucket in which each transition is stored as an object. Its Object Lock says for how long.'),
    AWS_REGION: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/, 'must be an AWS region')
      .default('us-east-1')
      .describe('Region of AUDIT_STREAM and AUDIT_BUCKET. Credentials come from the AWS SDK.'),
    KINESIS_ENDPOINT: httpUrl()
      .optional()
      .describe(
        'URL of a Kinesis emulator, with AUDIT_STREAM. Unset: the endpoint that the AWS SDK resolves.',
      ),
    S3_ENDPOINT: httpUrl()
      .optional()
      .describe('URL of an S3 emulator, with AUDIT_BUCKET. Unset: the endpoint that the AWS SDK resolves.'),
    KUBECONFIG: z
      .string()
      .optional()
      .describe('Path of a kubeconfig file. Needed only outside of a cluster.'),
  } satisfies Record<RolloutVariable, z.ZodType>)
  .refine((config) => config.WEBHOOK_SECRET === undefined || config.WEBHOOK_SECRET_FILE === undefined, {
    ...ALWAYS,
    error: 'WEBHOOK_SECRET and WEBHOOK_SECRET_FILE exclude each other: set one',
  })
  .refine((config) => config.KINESIS_ENDPOINT === undefined || config.AUDIT_STREAM !== undefined, {
    ...ALWAYS,
    path: ['KINESIS_ENDPOINT'],
    error: 'needs AUDIT_STREAM: nothing else is written into a stream',
  })
  .refine((config) => config.S3_ENDPOINT === undefined || config.AUDIT_BUCKET !== undefined, {
    ...ALWAYS,
    path: ['S3_ENDPOINT'],
    error: 'needs AUDIT_BUCKET: nothing else is stored',
  })
  .refine((config) => (config.WEBHOOK_URL === undefined) === (secretSource(config) === undefined), {
    ...ALWAYS,
    error:
      'WEBHOOK_URL and WEBHOOK_SECRET go together: set both or neither. WEBHOOK_SECRET_FILE may take the place of WEBHOOK_SECRET',
  });

function secretSource(config: {
  WEBHOOK_SECRET?: string | undefined;
  WEBHOOK_SECRET_FILE?: string | undefined;
}) {
  return config.WEBHOOK_SECRET ?? config.WEBHOOK_SECRET_FILE;
}

export type RolloutConfig = z.output<typeof rolloutSettings>;

function serverUrl() {
  return httpUrl().refine((text) => !text.includes('@'), 'must not contain a user or a password');
}

function hosts() {
  return list().pipe(
    z.array(
      z.string().transform((text, { addIssue }) => {
        const authority = parseAuthority(text);
        if (authority !== undefined) return authority;
        addIssue(`${text} must be HOST or HOST:PORT, for example mlflow:5000`);
        return z.NEVER;
      }),
    ),
  );
}

/** @throws ConfigError */
export function parseRolloutConfig(environment: Readonly<Record<string, string | undefined>>): RolloutConfig {
  const config = parseConfig(rolloutSettings, environment);
  const { WEBHOOK_SECRET_FILE: file } = config;
  if (file === undefined) return config;
  // The secret in the file obeys the same rules as the secret in the variable.
  return parseConfig(rolloutSettings, {
    ...environment,
    WEBHOOK_SECRET: contentOf(file) || ' ',
    WEBHOOK_SECRET_FILE: undefined,
  });
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`bad configuration: WEBHOOK_SECRET_FILE: ${file} cannot be read: ${code}`);
  }
}
