import type { Stack } from 'aws-cdk-lib';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { AwsEnvironment } from './environment-schema.ts';
import { accept } from './nag-reasons.ts';

/** Something that made the new VPC. */
export interface VpcOwner {
  readonly vpc: IVpc;
}

/** The VPC as `stack` sees it: the new one of `owner`, or the existing one of the settings. */
export function vpcOf(stack: Stack, { network, zones }: AwsEnvironment, owner: VpcOwner | undefined): IVpc {
  if (owner) return owner.vpc;
  if (network.kind === 'new') throw new Error('a new VPC needs the network stack');
  const vpc = Vpc.fromVpcAttributes(stack, 'vpc', {
    vpcId: network.vpcId,
    vpcCidrBlock: network.network,
    availabilityZones: [...zones],
    privateSubnetIds: [...network.privateSubnetIds],
  });
  accept(vpc, {
    id: 'Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId',
    reason: 'No stack changes the routes of a VPC that exists.',
  });
  return vpc;
}
