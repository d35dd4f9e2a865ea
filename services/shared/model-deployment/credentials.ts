import { z } from 'zod';
import { rule, rules } from './rule.ts';

const secret = z
  .string()
  .regex(/^[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*$/)
  .max(253)
  .optional()
  .describe(
    'Name of a Secret in the same namespace. Keys: token for bearer, username and password for basic. ca.crt is the certificate of a private CA.',
  );
const NEEDS_SECRET = rule(
  "!(self.type in ['bearer', 'basic']) || has(self.secret)",
  'bearer and basic need the name of a Secret',
);

export const registryCredentials = z
  .object({
    type: z
      .enum(['none', 'bearer', 'basic'])
      .default('none')
      .describe('How the operator shows who it is. none: only ca.crt of the Secret is used.'),
    secret,
  })
  .meta({
    description: 'Credentials for MLflow. If absent, the operator sends none.',
    ...NEEDS_SECRET,
  });

export const metricsCredentials = z
  .object({
    type: z
      .enum(['none', 'bearer', 'basic', 'sigv4'])
      .default('none')
      .describe(
        'How the operator shows who it is. none: only ca.crt of the Secret is used. sigv4: signs with the AWS credentials of the operator, for Amazon Managed Service for Prometheus.',
      ),
    secret,
    region: z
      .string()
      .regex(/^[a-z0-9-]+$/)
      .max(40)
      .optional()
      .describe('AWS region of the workspace, for sigv4.'),
  })
  .meta({
    description: 'Credentials for Prometheus. If absent, the operator sends none.',
    ...rules(NEEDS_SECRET, rule("self.type != 'sigv4' || has(self.region)", 'sigv4 needs a region')),
  });

/** Credentials of either server. */
export type CredentialsReference = z.output<typeof metricsCredentials>;
