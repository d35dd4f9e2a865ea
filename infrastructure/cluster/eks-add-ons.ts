import type { Stack } from 'aws-cdk-lib';
import { CfnAddon, type Cluster, type Nodegroup } from 'aws-cdk-lib/aws-eks-v2';
import { ManagedPolicy, Role } from 'aws-cdk-lib/aws-iam';
import { type PodAccount, trustOf } from '../access/trust.ts';
import type { AwsEnvironment } from '../environment-schema.ts';
import { acceptAwsPolicies } from '../nag-reasons.ts';

/** Software that EKS installs and that needs an AWS role, with the policy that AWS makes for it. */
const ROLES: Readonly<Record<string, { account: PodAccount; policy: string }>> = {
  'vpc-cni': {
    account: { namespace: 'kube-system', serviceAccount: 'aws-node' },
    policy: 'AmazonEKS_CNI_Policy',
  },
  'aws-ebs-csi-driver': {
    account: { namespace: 'kube-system', serviceAccount: 'ebs-csi-controller-sa' },
    policy: 'service-role/AmazonEBSCSIDriverPolicy',
  },
};

/** What each node runs. A node is ready only when its network works, so these come before the nodes. */
const BEFORE_NODES: Readonly<Record<string, object>> = {
  'eks-pod-identity-agent': {},
  'kube-proxy': {},
  'vpc-cni': { enableNetworkPolicy: 'true' },
};

/** What runs on some nodes. EKS calls such an add-on degraded while there is no node. */
const AFTER_NODES: Readonly<Record<string, object>> = {
  coredns: {},
  'aws-ebs-csi-driver': {},
  'metrics-server': {},
};

/** Adds the add-ons that a cluster with managed nodes needs. `nodes` is called after those that must come before. */
export function addEksAddOns(cluster: Cluster, environment: AwsEnvironment, nodes: () => Nodegroup): void {
  const first = Object.entries(BEFORE_NODES).map(([name, values]) =>
    addOn(cluster, environment, name, values),
  );
  const group = nodes();
  group.node.addDependency(...first);
  for (const [name, values] of Object.entries(AFTER_NODES))
    addOn(cluster, environment, name, values).node.addDependency(group);
}

/** Adds what Auto Mode leaves out. */
export function addAutoModeAddOns(cluster: Cluster, environment: AwsEnvironment): void {
  addOn(cluster, environment, 'metrics-server', {});
}

/** EKS chooses the version that it recommends for the Kubernetes version of the cluster. */
function addOn(
  { stack, clusterName }: Cluster,
  environment: AwsEnvironment,
  name: string,
  values: object,
): CfnAddon {
  const role = ROLES[name];
  return new CfnAddon(stack, `add-on-${name}`, {
    clusterName,
    addonName: name,
    resolveConflicts: 'OVERWRITE',
    ...(Object.keys(values).length > 0 && { configurationValues: JSON.stringify(values) }),
    ...(role && {
      podIdentityAssociations: [
        {
          serviceAccount: role.account.serviceAccount,
          roleArn: addOnRole(stack, environment, name, role).roleArn,
        },
      ],
    }),
  });
}

function addOnRole(
  stack: Stack,
  environment: AwsEnvironment,
  name: string,
  { account: pod, policy }: { account: PodAccount; policy: string },
): Role {
  const role = new Role(stack, `role-${name}`, {
    description: `EKS add-on ${name}`,
    assumedBy: trustOf(environment, pod),
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(policy)],
  });
  acceptAwsPolicies(role, policy);
  return role;
}
