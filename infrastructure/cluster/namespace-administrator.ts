import type { Stack } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks-v2';
import { POD_NAMESPACE } from '../access/trust.ts';
import type { AwsEnvironment } from '../environment-schema.ts';
import { clusterName } from '../names.ts';
import { partition } from '../partition.ts';

/**
 * Lets a role do all in the namespace of the system, and nothing elsewhere. AmazonEKSAdminPolicy would know no custom
 * resources, such as ModelDeployment.
 */
export function admitNamespaceAdministrator(
  stack: Stack,
  environment: AwsEnvironment,
  roleArn: string,
): void {
  new CfnAccessEntry(stack, 'namespace-administrator', {
    clusterName: clusterName(environment),
    principalArn: roleArn,
    accessPolicies: [
      {
        policyArn: `arn:${partition(environment)}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`,
        accessScope: { type: 'namespace', namespaces: [POD_NAMESPACE] },
      },
    ],
  });
}
