import { beforeAll, describe, expect, it } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { type AwsEnvironment, defineAwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { existingAccount, medium, small } from '../../../infrastructure/environments.ts';
import { INTERFACE_ENDPOINTS } from '../../../infrastructure/settings/network.ts';
import { ClusterStack } from '../../../infrastructure/stacks/cluster-stack.ts';
import { NetworkStack } from '../../../infrastructure/stacks/network-stack.ts';
import { BareApps } from '../../support/aws/bare-apps.ts';

const administrators = ['arn:aws:iam::111122223333:role/administrator'];

/** Other choices than those of the presets. */
const others = defineAwsEnvironment({
  ...small,
  zones: ['us-east-1a', 'us-east-1d'],
  tags: { team: 'lending' },
  network: {
    kind: 'new',
    network: '10.8.0.0/20',
    interfaceEndpoints: [],
    restrictDefaultSecurityGroup: false,
  },
  cluster: { kind: 'new', administrators, serviceNetwork: '10.100.0.0/16', nodes: { kind: 'auto' } },
});
const graviton = defineAwsEnvironment({
  ...small,
  cluster: {
    kind: 'new',
    administrators,
    nodes: { kind: 'managed', instanceType: 'm8g.large', minimum: 1, maximum: 1, diskGibibytes: 20 },
  },
});
/** A new cluster in a VPC that exists. */
const inExistingVpc = defineAwsEnvironment({ ...medium, network: existingAccount.network });

const environments = { small, medium, others, graviton, inExistingVpc };
type Name = keyof typeof environments;

const networks: Partial<Record<Name, Template>> = {};
const clusters: Partial<Record<Name, Template>> = {};

beforeAll(() => {
  using apps = new BareApps();
  for (const name of Object.keys(environments) as Name[]) {
    const environment: AwsEnvironment = environments[name];
    const app = apps.make(environment);
    const { network, cluster } = environment;
    const vpcOwner = network.kind === 'new' ? new NetworkStack(app, environment, network) : undefined;
    if (cluster.kind === 'existing') throw new Error('each of these environments has a new cluster');
    const clusterStack = new ClusterStack(app, environment, cluster, vpcOwner);
    if (vpcOwner) networks[name] = Template.fromStack(vpcOwner);
    clusters[name] = Template.fromStack(clusterStack);
  }
});

function network(name: Name): Template {
  return networks[name] ?? fail(name);
}

function cluster(name: Name): Template {
  return clusters[name] ?? fail(name);
}

function fail(name: string): never {
  throw new Error(`environment ${name} has no such stack`);
}

describe('the network', () => {
  it('has a private and a public subnet in each zone, which divide the network without an overlap', () => {
    const subnets = Object.values(network('medium').findResources('AWS::EC2::Subnet')).map(
      ({ Properties }) => Properties,
    );
    expect(
      subnets.map(({ AvailabilityZone, CidrBlock }) => `${AvailabilityZone} ${CidrBlock}`).sort(),
    ).toEqual([
      'us-east-1a 10.0.0.0/18',
      'us-east-1a 10.0.192.0/20',
      'us-east-1b 10.0.208.0/20',
      'us-east-1b 10.0.64.0/18',
      'us-east-1c 10.0.128.0/18',
      'us-east-1c 10.0.224.0/20',
    ]);
    expect(subnets.every(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch === false)).toBe(true);
  });

  it.each([
    ['small', 1],
    ['medium', 3],
    ['others', 1],
  ] as const)('%s has %i NAT gateways', (name, count) => {
    network(name).resourceCountIs('AWS::EC2::NatGateway', count);
  });

  it('reaches S3 by a gateway endpoint, and the services of the settings by private addresses', () => {
    const services = (name: Name) =>
      Object.values(network(name).findResources('AWS::EC2::VPCEndpoint'))
        .map(({ Properties: { ServiceName, VpcEndpointType } }) => {
          const [, service] =
            /us-east-1\.([\w.-]+)|"\.([\w.-]+)"/.exec(JSON.stringify(ServiceName))?.filter(Boolean) ?? [];
          return `${VpcEndpointType} ${service}`;
        })
        .sort();
    expect(services('others')).toEqual(['Gateway s3']);
    expect(services('small')).toEqual(['Gateway s3', 'Interface kinesis-streams']);
    expect(services('medium')).toEqual([
      'Gateway s3',
      'Interface ec2',
      'Interface ecr.api',
      'Interface ecr.dkr',
      'Interface eks-auth',
      'Interface kinesis-streams',
      'Interface logs',
      'Interface monitoring',
      'Interface secretsmanager',
      'Interface sts',
    ]);
    expect(INTERFACE_ENDPOINTS).toHaveLength(8);
  });

  it('lets only the VPC reach the endpoints, by HTTPS', () => {
    network('medium').resourceCountIs('AWS::EC2::SecurityGroup', 1);
    network('medium').hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: [{ CidrIp: '10.0.0.0/16', FromPort: 443, ToPort: 443, IpProtocol: 'tcp' }],
    });
  });

  it('logs every flow, and keeps the logs for the days of the settings', () => {
    network('small').hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'ALL' });
    network('small').hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
  });

  it('empties the default security group, unless the settings allow no function', () => {
    network('medium').resourceCountIs('Custom::VpcRestrictDefaultSG', 1);
    network('others').resourceCountIs('Custom::VpcRestrictDefaultSG', 0);
    network('others').resourceCountIs('AWS::Lambda::Function', 0);
  });

  it('carries the tags of the settings', () => {
    network('others').hasResourceProperties('AWS::EC2::VPC', {
      Tags: Match.arrayWith([
        { Key: 'application', Value: 'loan-eligibility' },
        { Key: 'team', Value: 'lending' },
      ]),
    });
  });

  it('says its network', () => {
    network('others').hasOutput('Network', { Value: '10.8.0.0/20' });
  });
});

describe('the cluster', () => {
  it('encrypts Secrets with a key of its own, logs all, and makes nobody an administrator by chance', () => {
    cluster('medium').hasResourceProperties('AWS::EKS::Cluster', {
      Name: 'loan-eligibility',
      Version: '1.35',
      UpgradePolicy: { SupportType: 'STANDARD' },
      EncryptionConfig: [{ Resources: ['secrets'] }],
      AccessConfig: { AuthenticationMode: 'API', BootstrapClusterCreatorAdminPermissions: false },
      BootstrapSelfManagedAddons: false,
      KubernetesNetworkConfig: { ServiceIpv4Cidr: '172.20.0.0/16' },
      Logging: {
        ClusterLogging: {
          EnabledTypes: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'].map((Type) => ({
            Type,
          })),
        },
      },
    });
    cluster('medium').hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true });
    cluster('medium').hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: '/aws/eks/loan-eligibility/cluster',
      RetentionInDays: 90,
    });
  });

  it('opens the API server to the networks of the settings alone', () => {
    cluster('medium').hasResourceProperties('AWS::EKS::Cluster', {
      ResourcesVpcConfig: {
        EndpointPrivateAccess: true,
        EndpointPublicAccess: true,
        PublicAccessCidrs: ['203.0.113.0/24'],
      },
    });
    cluster('others').hasResourceProperties('AWS::EKS::Cluster', {
      ResourcesVpcConfig: {
        EndpointPrivateAccess: true,
        EndpointPublicAccess: false,
        PublicAccessCidrs: Match.absent(),
      },
    });
  });

  it('admits the administrators and the function that installs, and nobody else', () => {
    const entries = Object.values(cluster('medium').findResources('AWS::EKS::AccessEntry'));
    expect(entries.map(({ Properties }) => Properties.PrincipalArn)).toEqual([
      { 'Fn::GetAtt': [expect.stringContaining('KubectlProvider'), 'Arn'] },
      administrators[0],
    ]);
  });

  it('has nodes with encrypted disks that give their role to no pod', () => {
    cluster('medium').hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: {
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [
          { DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeType: 'gp3', VolumeSize: 80 } },
        ],
      },
    });
    cluster('medium').hasResourceProperties('AWS::EKS::Nodegroup', {
      AmiType: 'AL2023_x86_64_STANDARD',
      InstanceTypes: ['m7i.xlarge'],
      ScalingConfig: { MinSize: 3, DesiredSize: 3, MaxSize: 9 },
      ForceUpdateEnabled: false,
    });
    cluster('graviton').hasResourceProperties('AWS::EKS::Nodegroup', { AmiType: 'AL2023_ARM_64_STANDARD' });
  });

  it('installs what each node runs before the nodes, and the rest after them', () => {
    const addOns = Object.entries(cluster('medium').findResources('AWS::EKS::Addon'));
    const group = Object.entries(cluster('medium').findResources('AWS::EKS::Nodegroup'))[0];
    const after = addOns.filter(([, { DependsOn = [] }]) => DependsOn.includes(group?.[0]));
    const before = addOns.filter(([id]) => group?.[1].DependsOn.includes(id));
    const names = (list: typeof addOns) => list.map(([, { Properties }]) => Properties.AddonName).sort();
    expect(names(before)).toEqual(['eks-pod-identity-agent', 'kube-proxy', 'vpc-cni']);
    expect(names(after)).toEqual(['aws-ebs-csi-driver', 'coredns', 'metrics-server']);
    expect(addOns).toHaveLength(6);
  });

  it('enforces NetworkPolicies', () => {
    cluster('medium').hasResourceProperties('AWS::EKS::Addon', {
      AddonName: 'vpc-cni',
      ConfigurationValues: '{"enableNetworkPolicy":"true"}',
    });
    expect(manifests('others')).toContainEqual(
      expect.objectContaining({
        kind: 'ConfigMap',
        metadata: expect.objectContaining({ name: 'amazon-vpc-cni', namespace: 'kube-system' }),
        data: { 'enable-network-policy-controller': 'true' },
      }),
    );
  });

  it.each([
    ['vpc-cni', 'aws-node', 'AmazonEKS_CNI_Policy'],
    ['aws-ebs-csi-driver', 'ebs-csi-controller-sa', 'service-role/AmazonEBSCSIDriverPolicy'],
  ])('gives %s a role that only its ServiceAccount %s has', (addOn, serviceAccount, policy) => {
    cluster('medium').hasResourceProperties('AWS::EKS::Addon', {
      AddonName: addOn,
      PodIdentityAssociations: [{ ServiceAccount: serviceAccount }],
    });
    cluster('medium').hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Principal: { Service: 'pods.eks.amazonaws.com' },
            Condition: {
              StringEquals: {
                'aws:RequestTag/eks-cluster-arn':
                  'arn:aws:eks:us-east-1:111122223333:cluster/loan-eligibility',
                'aws:RequestTag/kubernetes-namespace': 'kube-system',
                'aws:RequestTag/kubernetes-service-account': serviceAccount,
              },
            },
          },
        ],
      },
      ManagedPolicyArns: [
        { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::aws:policy/${policy}`]] },
      ],
    });
  });

  it('lets nodes pull images and register themselves, and no more', () => {
    cluster('medium').hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: { Statement: [{ Principal: { Service: 'ec2.amazonaws.com' } }] },
      ManagedPolicyArns: ['AmazonEKSWorkerNodePolicy', 'AmazonEC2ContainerRegistryPullOnly'].map(
        (policy) => ({
          'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::aws:policy/${policy}`]],
        }),
      ),
    });
  });

  it.each([
    ['medium', 'ebs.csi.aws.com'],
    ['others', 'ebs.csi.eks.amazonaws.com'],
  ] as const)('%s has an encrypted StorageClass gp3 of %s', (name, provisioner) => {
    expect(manifests(name)).toContainEqual(
      expect.objectContaining({
        kind: 'StorageClass',
        metadata: expect.objectContaining({ name: 'gp3' }),
        provisioner,
        parameters: { type: 'gp3', encrypted: 'true' },
        volumeBindingMode: 'WaitForFirstConsumer',
      }),
    );
  });

  it('leaves nodes, network and disks to EKS in Auto Mode', () => {
    cluster('others').resourceCountIs('AWS::EKS::Nodegroup', 0);
    const addOns = Object.values(cluster('others').findResources('AWS::EKS::Addon'));
    expect(addOns.map(({ Properties }) => Properties.AddonName)).toEqual(['metrics-server']);
    cluster('others').hasResourceProperties('AWS::EKS::Cluster', {
      ComputeConfig: { Enabled: true, NodePools: ['system', 'general-purpose'] },
      StorageConfig: { BlockStorage: { Enabled: true } },
    });
  });

  it('goes into the private subnets of a VPC that exists', () => {
    const subnets =
      existingAccount.network.kind === 'existing' ? existingAccount.network.privateSubnetIds : [];
    cluster('inExistingVpc').hasResourceProperties('AWS::EKS::Cluster', {
      ResourcesVpcConfig: { SubnetIds: subnets },
    });
    cluster('inExistingVpc').hasResourceProperties('AWS::EKS::Nodegroup', { Subnets: subnets });
    expect(networks.inExistingVpc).toBeUndefined();
  });

  it('says what charts/ need to know', () => {
    cluster('others').hasOutput('ClusterName', { Value: 'loan-eligibility' });
    cluster('others').hasOutput('Identity', { Value: 'pod-identity' });
    cluster('others').hasOutput('DnsServer', { Value: '10.100.0.10' });
  });
});

describe('each stack', () => {
  it.each(['small', 'medium', 'others', 'graviton', 'inExistingVpc'] as const)(
    'of %s is a small template',
    (name) => {
      for (const template of [networks[name], clusters[name]].filter((found) => found !== undefined))
        expect(Object.keys(template.toJSON().Resources).length).toBeLessThan(100);
    },
  );

  it('makes the same resources as before', () => {
    const kinds = (template: Template) => {
      const resources = Object.values<{ Type: string }>(template.toJSON().Resources).map(({ Type }) => Type);
      return Object.fromEntries(
        [...new Set(resources)]
          .sort()
          .map((type) => [type, resources.filter((other) => other === type).length]),
      );
    };
    expect({ network: kinds(network('medium')), cluster: kinds(cluster('medium')) }).toMatchSnapshot();
  });
});

/** The Kubernetes objects that the cluster stack applies. */
function manifests(name: Name): unknown[] {
  const resources = Object.values(cluster(name).findResources('Custom::AWSCDK-EKS-KubernetesResource'));
  return resources.flatMap(({ Properties }) => JSON.parse(Properties.Manifest));
}
