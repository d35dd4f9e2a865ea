import { z } from 'zod';

/** The network of the cluster and of the database. */
export const networkSettings = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('new'),
      network: z.cidrv4().default('10.0.0.0/16').describe('Addresses of the new VPC.'),
      natGateways: z
        .int()
        .min(1)
        .max(3)
        .default(1)
        .describe('NAT gateways. One a zone survives the loss of a zone.'),
    }),
    z.strictObject({
      kind: z.literal('existing'),
      vpcId: z
        .string()
        .regex(/^vpc-[0-9a-f]{8,17}$/, 'must be the id of a VPC, vpc-…')
        .describe('Id of the VPC.'),
      network: z.cidrv4().describe('Addresses of the VPC.'),
      privateSubnetIds: z
        .array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/, 'must be the id of a subnet, subnet-…'))
        .min(2)
        .max(3)
        .describe('Private subnets, one for each zone, in the order of `zones`.'),
    }),
  ])
  .describe('The VPC: a new one, or an existing one by id.');
