import { z } from 'zod';
import { parseCidr } from '../cidr.ts';

/** AWS services that pods and nodes can reach without a NAT gateway. */
export const INTERFACE_ENDPOINTS = [
  'kinesis',
  'ecr',
  'sts',
  'eks-auth',
  'ec2',
  'logs',
  'monitoring',
  'secretsmanager',
] as const;

/** A network by its first address, so that two networks can be compared. */
export const networkAddress = z
  .cidrv4()
  .refine((text) => parseCidr(text) !== undefined, 'must begin with the first address of the network');

/** The network of the cluster and of the database. */
export const networkSettings = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('new'),
      network: networkAddress
        .refine((text) => {
          const { prefix } = parseCidr(text) ?? { prefix: 0 };
          return prefix >= 16 && prefix <= 20;
        }, 'must be a network between /16 and /20: each pod takes an address')
        .default('10.0.0.0/16')
        .describe('Addresses of the new VPC.'),
      natGateways: z
        .int()
        .min(1)
        .max(3)
        .default(1)
        .describe('NAT gateways. One a zone survives the loss of a zone.'),
      interfaceEndpoints: z
        .array(z.enum(INTERFACE_ENDPOINTS))
        .max(INTERFACE_ENDPOINTS.length)
        .default([...INTERFACE_ENDPOINTS])
        .describe('AWS services with an endpoint in the VPC. Each is charged by the hour and the zone.'),
      flowLogDays: z
        .literal([1, 7, 30, 90, 180, 365])
        .default(90)
        .describe('Days for which the flow logs of the VPC are kept.'),
      restrictDefaultSecurityGroup: z
        .boolean()
        .default(true)
        .describe('Removes the rules of the default security group. A Lambda function does that.'),
    }),
    z.strictObject({
      kind: z.literal('existing'),
      vpcId: z
        .string()
        .regex(/^vpc-[0-9a-f]{8,17}$/, 'must be the id of a VPC, vpc-…')
        .describe('Id of the VPC.'),
      network: networkAddress.describe('Addresses of the VPC.'),
      privateSubnetIds: z
        .array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/, 'must be the id of a subnet, subnet-…'))
        .min(2)
        .max(3)
        .describe('Private subnets, one for each zone, in the order of `zones`.'),
    }),
  ])
  .describe('The VPC: a new one, or an existing one by id.');
