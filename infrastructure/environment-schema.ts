import { z } from 'zod';
import { accessSettings } from './settings/access.ts';
import { addOnsSettings } from './settings/add-ons.ts';
import { budgetSettings } from './settings/budget.ts';
import { clusterSettings } from './settings/cluster.ts';
import { contradictions } from './settings/contradictions.ts';
import { dataSettings } from './settings/data.ts';
import { networkSettings } from './settings/network.ts';
import { tagSettings } from './settings/tags.ts';

const RESERVED_BUCKET_PREFIXES = ['sthree-', 'amzn-s3-demo-'];

/** All that differs between two AWS accounts, regions or sizes. */
export type AwsEnvironment = z.output<typeof awsEnvironmentSchema>;

export const awsEnvironmentSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{1,30}[a-z0-9]$/, 'must have 3 to 32 small letters, digits or dashes')
      .refine((name) => !name.includes('--'), 'must not have two dashes in a row: ECR refuses them')
      .refine(
        (name) => !RESERVED_BUCKET_PREFIXES.some((prefix) => name.startsWith(prefix)),
        `must not begin with ${RESERVED_BUCKET_PREFIXES.join(' or ')}: S3 keeps such bucket names for itself`,
      )
      .default('loan-eligibility')
      .describe('Start of every name in the account.'),
    account: z
      .string()
      .regex(/^\d{12}$/, 'must have 12 digits')
      .describe('AWS account.'),
    region: z
      .string()
      .regex(
        /^(us|us-gov|eu|ap|sa|ca|cn|me|mx|af|il)-(north|south|east|west|central|northeast|northwest|southeast|southwest)-\d$/,
        'must be a region of AWS, AWS GovCloud or AWS China, such as us-east-1',
      )
      .describe('AWS region.'),
    zones: z
      .array(z.string().min(1).max(40))
      .min(2)
      .max(3)
      .describe('Two or three availability zones of the region.'),
    tags: tagSettings,
    network: networkSettings,
    cluster: clusterSettings,
    data: dataSettings,
    access: accessSettings,
    addOns: addOnsSettings,
    budget: budgetSettings.optional(),
  })
  .superRefine((environment, context) => {
    for (const { path, value, rule } of contradictions(environment))
      context.addIssue({ code: 'custom', path, input: value, message: rule });
  });

/**
 * Checks the settings of an account against their ranges and against each other.
 * @throws Error that names each invalid setting, its value and the rule
 */
export function defineAwsEnvironment(settings: z.input<typeof awsEnvironmentSchema>): AwsEnvironment {
  const result = awsEnvironmentSchema.safeParse(settings, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message, input }) => {
    const value = typeof input === 'object' && !Array.isArray(input) ? '' : ` = ${quote(input)}`;
    return path.length === 0 ? message : `${path.join('.')}${value}: ${message}`;
  });
  throw new Error(`infrastructure/environments.ts: ${problems.join('; ')}`);
}

/** The value as JSON, cut where it no longer helps to find the setting. */
function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
