import { KubectlV34Layer } from '@aws-cdk/lambda-layer-kubectl-v34';
import { RemovalPolicy } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import {
  AccessPolicy,
  AccessScopeType,
  type CfnCluster,
  Cluster,
  ClusterLoggingTypes,
  DefaultCapacityType,
  EndpointAccess,
  type ICluster,
  KubernetesVersion,
} from 'aws-cdk-lib/aws-eks-v2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { addClusterObjects } from '../cluster/cluster-objects.ts';
import { addAutoModeAddOns, addEksAddOns } from '../cluster/eks-add-ons.ts';
import { acceptKubectl } from '../cluster/kubectl.ts';
import type { NewCluster } from '../cluster/new-cluster.ts';
import { addNodeGroup } from '../cluster/node-group.ts';
import type { AwsEnvironment } from '../environment-schema.ts';
import { accept, acceptAwsPolicies } from '../nag-reasons.ts';
import { clusterName, dnsServer } from '../names.ts';
import { type VpcOwner, vpcOf } from '../vpc.ts';
import { PartStack } from './part-stack.ts';

/** The EKS cluster with its nodes, if the settings ask for a new one. */
export class ClusterStack extends PartStack {
  readonly cluster: ICluster;

  constructor(
    scope: Construct,
    environment: AwsEnvironment,
    settings: NewCluster,
    network: VpcOwner | undefined,
  ) {
    super(scope, environment, 'cluster');
    const cluster = this.#makeCluster(environment, settings, vpcOf(this, environment, network));
    this.cluster = cluster as ICluster;
    const { nodes } = settings;
    if (nodes.kind === 'managed') addEksAddOns(cluster, environment, () => addNodeGroup(cluster, nodes));
    else addAutoModeAddOns(cluster, environment);
    addClusterObjects(cluster, settings);
    this.#admitAdministrators(cluster, settings);
    this.tell({
      ClusterName: clusterName(environment),
      Identity: 'pod-identity',
      DnsServer: dnsServer(settings),
    });
  }

  #makeCluster(environment: AwsEnvironment, settings: NewCluster, vpc: IVpc): Cluster {
    const name = clusterName(environment);
    const logs = new LogGroup(this, 'logs', {
      // EKS writes to this group. If it made the group itself, the logs would stay for ever.
      logGroupName: `/aws/eks/${name}/cluster`,
      retention: settings.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const cluster = new Cluster(this, 'cluster', {
      clusterName: name,
      version: KubernetesVersion.of(settings.kubernetesVersion),
      vpc,
      vpcSubnets: [{ subnets: vpc.privateSubnets }],
      serviceIpv4Cidr: settings.serviceNetwork,
      endpointAccess: endpointAccess(settings),
      secretsEncryptionKey: new Key(this, 'secrets-key', {
        description: `Secrets of the EKS cluster ${name}`,
        enableKeyRotation: true,
        // Without its cluster the key opens nothing.
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      clusterLogging: Object.values(ClusterLoggingTypes),
      ...(settings.nodes.kind === 'auto'
        ? { defaultCapacityType: DefaultCapacityType.AUTOMODE }
        : { defaultCapacityType: DefaultCapacityType.NODEGROUP, defaultCapacity: 0 }),
      // EKS add-ons take the place of what EKS would install once and never update.
      bootstrapSelfManagedAddons: false,
      // Administrators are those of the settings, and nobody by chance.
      bootstrapClusterCreatorAdminPermissions: false,
      kubectlProviderOptions: { kubectlLayer: new KubectlV34Layer(this, 'kubectl') },
    });
    (cluster.node.findChild('Resource') as CfnCluster).upgradePolicy = {
      supportType: settings.support.toUpperCase(),
    };
    cluster.node.addDependency(logs);
    acceptKubectl(cluster.node.findChild('KubectlProvider'));
    this.#explain(cluster, settings);
    return cluster;
  }

  #explain(cluster: Cluster, { nodes }: NewCluster): void {
    acceptAwsPolicies(
      cluster.role,
      'AmazonEKSClusterPolicy',
      ...(nodes.kind === 'auto' ? AUTO_MODE_POLICIES : []),
    );
    if (nodes.kind === 'auto')
      acceptAwsPolicies(cluster, 'AmazonEKSWorkerNodePolicy', 'AmazonEC2ContainerRegistryReadOnly');
    accept(cluster, {
      id: 'CloudFormation-Validate::W9009',
      reason: 'The AWS CDK writes this property. It means the same as the default.',
    });
    accept(cluster, {
      id: 'Annotation::@aws-cdk/aws-eks:clusterMustManuallyTagSubnet',
      reason: 'The system has no load balancer. Who adds one tags the subnets of a VPC that exists.',
    });
  }

  #admitAdministrators(cluster: Cluster, { administrators }: NewCluster): void {
    for (const arn of administrators) {
      cluster.grantAccess(`administrator-${arn.split(':').slice(4).join('-')}`, arn, [
        AccessPolicy.fromAccessPolicyName('AmazonEKSClusterAdminPolicy', {
          accessScopeType: AccessScopeType.CLUSTER,
        }),
      ]);
    }
  }
}

/** What EKS does for the nodes in Auto Mode. */
const AUTO_MODE_POLICIES = [
  'AmazonEKSComputePolicy',
  'AmazonEKSBlockStoragePolicy',
  'AmazonEKSLoadBalancingPolicy',
  'AmazonEKSNetworkingPolicy',
];

function endpointAccess({ endpoint }: NewCluster): EndpointAccess {
  if (endpoint.kind === 'private') return EndpointAccess.PRIVATE;
  return EndpointAccess.PUBLIC_AND_PRIVATE.onlyFrom(...endpoint.networks);
}
