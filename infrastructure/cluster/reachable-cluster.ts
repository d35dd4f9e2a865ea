import { KubectlV34Layer } from '@aws-cdk/lambda-layer-kubectl-v34';
import type { Stack } from 'aws-cdk-lib';
import { type IVpc, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  AccessEntry,
  AccessPolicy,
  AccessScopeType,
  Cluster,
  type ICluster,
  KubectlProvider,
} from 'aws-cdk-lib/aws-eks-v2';
import type { IDependable } from 'constructs';
import type { AwsEnvironment } from '../environment-schema.ts';
import { acceptKubectl } from './kubectl.ts';

/** A cluster in which the stack can apply manifests, once `ready` is there. */
export interface ReachableCluster {
  readonly cluster: ICluster;
  readonly ready: readonly IDependable[];
}

/**
 * Makes the functions that apply manifests to a cluster that exists, and admits them as administrators. The cluster must
 * take access entries: authentication mode API, or API_AND_CONFIG_MAP.
 */
export function reachExistingCluster(
  stack: Stack,
  settings: Extract<AwsEnvironment['cluster'], { kind: 'existing' }>,
  vpc: IVpc,
): ReachableCluster {
  const { name, securityGroupId } = settings;
  const known = Cluster.fromClusterAttributes(stack, 'known-cluster', { clusterName: name, vpc });
  const kubectlProvider = new KubectlProvider(stack, 'kubectl-provider', {
    cluster: known,
    kubectlLayer: new KubectlV34Layer(stack, 'kubectl'),
    // A private API server answers in the VPC alone, and only to its own security group.
    ...(securityGroupId !== undefined && {
      privateSubnets: vpc.privateSubnets,
      securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'cluster-security-group', securityGroupId)],
    }),
  });
  acceptKubectl(kubectlProvider);
  const entry = new AccessEntry(stack, 'kubectl-access', {
    cluster: known,
    principal: kubectlProvider.role?.roleArn ?? '',
    accessPolicies: [
      AccessPolicy.fromAccessPolicyName('AmazonEKSClusterAdminPolicy', {
        accessScopeType: AccessScopeType.CLUSTER,
      }),
    ],
  });
  const cluster = Cluster.fromClusterAttributes(stack, 'cluster', {
    clusterName: name,
    vpc,
    kubectlProvider,
  });
  return { cluster, ready: [entry] };
}
