import { IpAddresses, type IVpc, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { AwsEnvironment } from '../environment-schema.ts';
import type { VpcOwner } from '../vpc.ts';
import { PartStack } from './part-stack.ts';

/** The VPC, if the settings ask for a new one. */
export class NetworkStack extends PartStack implements VpcOwner {
  readonly vpc: IVpc;

  constructor(
    scope: Construct,
    environment: AwsEnvironment,
    settings: Extract<AwsEnvironment['network'], { kind: 'new' }>,
  ) {
    super(scope, environment, 'network');
    const vpc = new Vpc(this, 'vpc', {
      ipAddresses: IpAddresses.cidr(settings.network),
      availabilityZones: [...environment.zones],
      natGateways: settings.natGateways,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24 },
        { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 19 },
      ],
    });
    // The CDK's own class misses its interface by an optional property.
    this.vpc = vpc as IVpc;
    this.tell({ Network: settings.network });
  }
}
