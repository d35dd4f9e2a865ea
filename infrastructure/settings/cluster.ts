import { z } from 'zod';

/** The EKS cluster. */
export const clusterSettings = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('new'),
      nodes: z
        .discriminatedUnion('kind', [
          z.strictObject({
            kind: z.literal('managed'),
            instanceType: z.string().min(1).describe('EC2 instance type of the nodes.'),
            minimum: z.int().min(1).max(100).describe('Fewest nodes.'),
            maximum: z.int().min(1).max(100).describe('Most nodes.'),
          }),
          z.strictObject({ kind: z.literal('auto') }),
        ])
        .describe('`managed`: a group of nodes. `auto`: EKS Auto Mode.'),
    }),
    z.strictObject({
      kind: z.literal('existing'),
      name: z.string().min(1).max(100).describe('Name of the cluster.'),
      identity: z
        .discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('pod-identity') }),
          z.strictObject({
            kind: z.literal('irsa'),
            providerArn: z
              .string()
              .regex(
                /^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/[\w./-]+$/,
                'must be the ARN of an IAM OIDC provider',
              )
              .describe('ARN of the IAM OIDC provider of the cluster.'),
          }),
        ])
        .describe('How pods get AWS rights.'),
    }),
  ])
  .describe('The EKS cluster: a new one, or an existing one by name.');
