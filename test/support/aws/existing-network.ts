import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { AwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import type { AwsEmulator } from './aws-emulator.ts';
import { deployStack } from './stack-deployment.ts';

const NETWORK = '10.0.0.0/16';

/** Makes a VPC with a subnet in each zone, as an account has before our stacks come. */
export async function existingNetwork(
  emulator: AwsEmulator,
  zones: readonly string[],
): Promise<Extract<AwsEnvironment['network'], { kind: 'existing' }>> {
  const client = new CloudFormationClient(emulator.clientSettings);
  const subnets = zones.map((zone, index) => [
    `Subnet${index}`,
    {
      Type: 'AWS::EC2::Subnet',
      Properties: {
        VpcId: { Ref: 'Vpc' },
        CidrBlock: `10.0.${index}.0/24`,
        AvailabilityZone: zone,
      },
    },
  ]);
  const resources = {
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: NETWORK } },
    ...Object.fromEntries(subnets),
  };
  const outputs = Object.fromEntries(Object.keys(resources).map((id) => [id, { Value: { Ref: id } }]));
  const template = JSON.stringify({ Resources: resources, Outputs: outputs });
  const { Vpc: vpcId = '', ...ids } = await deployStack(client, 'platform-network', template);
  client.destroy();
  return { kind: 'existing', vpcId, network: NETWORK, privateSubnetIds: Object.values(ids).sort() };
}
