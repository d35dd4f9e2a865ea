import { RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { parseCidr } from '../cidr.ts';
import type { AwsEnvironment } from '../environment-schema.ts';
import { accept } from '../nag-reasons.ts';
import type { INTERFACE_ENDPOINTS } from '../settings/network.ts';
import type { VpcOwner } from '../vpc.ts';
import { PartStack } from './part-stack.ts';

type NewNetwork = Extract<AwsEnvironment['network'], { kind: 'new' }>;

const SERVICES: Readonly<
  Record<(typeof INTERFACE_ENDPOINTS)[number], readonly InterfaceVpcEndpointAwsService[]>
> = {
  kinesis: [InterfaceVpcEndpointAwsService.KINESIS_STREAMS],
  // One lists images, the other serves them. Their layers come from S3.
  ecr: [InterfaceVpcEndpointAwsService.ECR, InterfaceVpcEndpointAwsService.ECR_DOCKER],
  sts: [InterfaceVpcEndpointAwsService.STS],
  'eks-auth': [InterfaceVpcEndpointAwsService.EKS_AUTH],
  ec2: [InterfaceVpcEndpointAwsService.EC2],
  logs: [InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS],
  monitoring: [InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING],
  secretsmanager: [InterfaceVpcEndpointAwsService.SECRETS_MANAGER],
};

/** The VPC, if the settings ask for a new one. */
export class NetworkStack extends PartStack implements VpcOwner {
  readonly vpc: IVpc;

  constructor(scope: Construct, environment: AwsEnvironment, settings: NewNetwork) {
    super(scope, environment, 'network');
    const { prefix } = parseCidr(settings.network) ?? { prefix: 16 };
    const vpc = new Vpc(this, 'vpc', {
      ipAddresses: IpAddresses.cidr(settings.network),
      availabilityZones: [...environment.zones],
      natGateways: settings.natGateways,
      restrictDefaultSecurityGroup: settings.restrictDefaultSecurityGroup,
      // Three quarters of the addresses are for pods, because the VPC CNI gives each an address of its subnet.
      subnetConfiguration: [
        { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: prefix + 2 },
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: prefix + 4, mapPublicIpOnLaunch: false },
      ],
      gatewayEndpoints: { s3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    accept(vpc, {
      id: 'CloudFormation-Validate::W3010',
      reason: 'The settings name the zones, so that a synthesis asks AWS nothing.',
    });
    this.#logFlows(vpc, environment, settings);
    this.#addInterfaceEndpoints(vpc, settings);
    // The CDK's own class misses its interface by an optional property.
    this.vpc = vpc as IVpc;
    this.tell({ Network: settings.network });
  }

  /** The endpoints share one security group, which lets in the VPC alone. */
  #addInterfaceEndpoints(vpc: Vpc, { interfaceEndpoints, network }: NewNetwork): void {
    if (interfaceEndpoints.length === 0) return;
    const securityGroup = new SecurityGroup(this, 'endpoints', {
      vpc: vpc as IVpc,
      description: 'Interface endpoints of AWS services',
      allowAllOutbound: false,
    });
    securityGroup.addIngressRule(Peer.ipv4(network), Port.tcp(443), 'HTTPS from the VPC');
    for (const service of interfaceEndpoints.flatMap((name) => SERVICES[name]))
      vpc.addInterfaceEndpoint(service.shortName, { service, securityGroups: [securityGroup], open: false });
  }

  #logFlows(vpc: Vpc, { name }: AwsEnvironment, { flowLogDays }: NewNetwork): void {
    const logGroup = new LogGroup(this, 'flow-logs', {
      logGroupName: `/aws/vpc/${name}`,
      retention: flowLogDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    vpc.addFlowLog('flow-log', {
      destination: FlowLogDestination.toCloudWatchLogs(logGroup),
      trafficType: FlowLogTrafficType.ALL,
    });
  }
}
