import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  InstanceArchitecture,
  InstanceType,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
} from 'aws-cdk-lib/aws-ec2';
import { type Cluster, type Nodegroup, NodegroupAmiType } from 'aws-cdk-lib/aws-eks-v2';
import { type IRole, ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { acceptAwsPolicies } from '../nag-reasons.ts';
import type { NewCluster } from './new-cluster.ts';

type ManagedNodes = Extract<NewCluster['nodes'], { kind: 'managed' }>;

/** Adds the group of nodes to `cluster`. */
export function addNodeGroup(cluster: Cluster, settings: ManagedNodes): Nodegroup {
  const instanceType = new InstanceType(settings.instanceType);
  const template = new LaunchTemplate(cluster.stack, 'node-template', {
    blockDevices: [
      {
        deviceName: '/dev/xvda',
        volume: BlockDeviceVolume.ebs(settings.diskGibibytes, {
          encrypted: true,
          volumeType: EbsDeviceVolumeType.GP3,
        }),
      },
    ],
    // A pod is one hop further away than its node: with one hop it cannot take the role of the node.
    httpTokens: LaunchTemplateHttpTokens.REQUIRED,
    httpPutResponseHopLimit: 1,
  });
  return cluster.addNodegroupCapacity('nodes', {
    instanceTypes: [instanceType],
    amiType:
      instanceType.architecture === InstanceArchitecture.ARM_64
        ? NodegroupAmiType.AL2023_ARM_64_STANDARD
        : NodegroupAmiType.AL2023_X86_64_STANDARD,
    minSize: settings.minimum,
    desiredSize: settings.minimum,
    maxSize: settings.maximum,
    nodeRole: nodeRole(cluster) as IRole,
    enableNodeAutoRepair: true,
    // A new version of the nodes waits for the PodDisruptionBudgets.
    forceUpdate: false,
    maxUnavailablePercentage: 33,
    launchTemplateSpec: {
      id: template.launchTemplateId ?? '',
      version: template.latestVersionNumber,
    },
  });
}

const NODE_POLICIES = ['AmazonEKSWorkerNodePolicy', 'AmazonEC2ContainerRegistryPullOnly'];

/** A node registers itself and pulls images. The CNI has a role of its own. */
function nodeRole({ stack }: Cluster): Role {
  const role = new Role(stack, 'node-role', {
    description: 'Nodes of the cluster',
    assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    managedPolicies: NODE_POLICIES.map((name) => ManagedPolicy.fromAwsManagedPolicyName(name)),
  });
  acceptAwsPolicies(role, ...NODE_POLICIES);
  return role;
}
