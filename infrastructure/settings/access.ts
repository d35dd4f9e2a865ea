import { z } from 'zod';

/** Which optional abilities the pods have, and who may deploy. */
export const accessSettings = z
  .strictObject({
    reader: z
      .enum(['polling', 'fan-out'])
      .default('polling')
      .describe('How inference reads. Enhanced fan-out costs by shard-hour and by gigabyte.'),
    outputAggregation: z
      .enum(['none', 'kpl'])
      .default('none')
      .describe('`kpl` is for readers that unpack KPL aggregates.'),
    keepPayloads: z
      .boolean()
      .default(false)
      .describe(
        'Keeps whole payloads that do not fit into a dead letter, in the bucket below `dead-letters/`.',
      ),
    metricsWorkspace: z
      .string()
      .regex(
        /^arn:aws[a-z-]{0,12}:aps:[a-z0-9-]{1,32}:\d{12}:workspace\/[\w-]{1,100}$/,
        'must be the ARN of a workspace of Amazon Managed Service for Prometheus',
      )
      .optional()
      .describe(
        'Workspace that the operator asks with `sigv4`. Absent: it asks the Prometheus of the cluster.',
      ),
    recordRollouts: z
      .boolean()
      .default(false)
      .describe('Stores each transition of a rollout in the audit bucket, below `rollout/`.'),
    auditStream: z
      .string()
      .regex(
        /^arn:aws[a-z-]{0,12}:kinesis:[a-z0-9-]{1,32}:\d{12}:stream\/[\w.-]{1,128}$/,
        'must be the ARN of a Kinesis stream',
      )
      .optional()
      .describe('Stream into which the operator writes each transition of a rollout. Absent: no stream.'),
    permissionsBoundary: z
      .string()
      .regex(
        /^arn:aws[a-z-]{0,12}:iam::(aws|\d{12}):policy\/[\w+=,.@/-]{1,512}$/,
        'must be the ARN of an IAM policy',
      )
      .optional()
      .describe('Policy that limits every role, if your organisation asks for such a boundary.'),
    deployer: z
      .strictObject({
        repository: z
          .string()
          .regex(/^[\w.-]{1,39}\/[\w.-]{1,100}$/, 'must be OWNER/NAME')
          .describe('GitHub repository whose workflows may deploy, OWNER/NAME.'),
        from: z
          .discriminatedUnion('kind', [
            z.strictObject({
              kind: z.literal('branch'),
              name: z
                .string()
                .regex(/^[\w./-]{1,200}$/, 'must be the name of one branch')
                .describe('Branch whose workflows may deploy.'),
            }),
            z.strictObject({
              kind: z.literal('environment'),
              name: z
                .string()
                .regex(/^[\w-]{1,200}$/, 'must be the name of one environment')
                .describe('GitHub environment whose workflows may deploy.'),
            }),
          ])
          .default({ kind: 'branch', name: 'main' })
          .describe('Which workflows of the repository may deploy.'),
        providerArn: z
          .string()
          .regex(
            /^arn:aws[a-z-]{0,12}:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/,
            'must be the ARN of the IAM OIDC provider of GitHub',
          )
          .optional()
          .describe('IAM OIDC provider of GitHub, if the account has this provider already.'),
      })
      .optional()
      .describe('Role for continuous integration on GitHub. Absent: no such role.'),
  })
  .describe('IAM roles.');
