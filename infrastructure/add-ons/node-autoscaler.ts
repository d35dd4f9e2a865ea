import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { AwsEnvironment } from '../environment-schema.ts';
import { clusterName } from '../names.ts';

export const NODE_AUTOSCALER_ACCOUNT = 'cluster-autoscaler';

/** The autoscaler sees every group of nodes, and changes those that EKS tagged with the name of this cluster. */
export function nodeAutoscalerRights(environment: AwsEnvironment): PolicyStatement[] {
  const tag = `aws:ResourceTag/k8s.io/cluster-autoscaler/${clusterName(environment)}`;
  return [
    new PolicyStatement({
      actions: [
        'autoscaling:DescribeAutoScalingGroups',
        'autoscaling:DescribeAutoScalingInstances',
        'autoscaling:DescribeLaunchConfigurations',
        'autoscaling:DescribeScalingActivities',
        'ec2:DescribeImages',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeLaunchTemplateVersions',
        'ec2:GetInstanceTypesFromInstanceRequirements',
        'eks:DescribeNodegroup',
      ],
      resources: ['*'],
    }),
    new PolicyStatement({
      actions: ['autoscaling:SetDesiredCapacity', 'autoscaling:TerminateInstanceInAutoScalingGroup'],
      resources: ['*'],
      conditions: { StringEquals: { [tag]: 'owned' } },
    }),
  ];
}

/** Values of the chart. */
export function nodeAutoscalerValues(
  environment: AwsEnvironment,
  annotations: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return {
    fullnameOverride: NODE_AUTOSCALER_ACCOUNT,
    cloudProvider: 'aws',
    // Pods cannot ask the metadata of their node for the region.
    awsRegion: environment.region,
    autoDiscovery: { clusterName: clusterName(environment) },
    replicaCount: environment.addOns.replicas,
    rbac: { serviceAccount: { name: NODE_AUTOSCALER_ACCOUNT, annotations } },
    extraArgs: { 'balance-similar-node-groups': true, 'skip-nodes-with-system-pods': false },
    containerSecurityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    securityContext: { runAsNonRoot: true, runAsUser: 65_534, seccompProfile: { type: 'RuntimeDefault' } },
    resources: { requests: { cpu: '50m', memory: '256Mi' }, limits: { memory: '600Mi' } },
  };
}
