import {
  type IPrincipal,
  ServicePrincipal,
  SessionTagsPrincipal,
  WebIdentityPrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { AwsEnvironment } from '../environment-schema.ts';
import { clusterArn } from '../names.ts';
import type { AwsServiceAccount } from '../permissions.ts';

/** Namespace of the pods in the cluster. */
export const POD_NAMESPACE = 'loan-eligibility';

/** A ServiceAccount of the cluster. */
export interface PodAccount {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** External Secrets is in a namespace of its own, under the names of its Helm chart. */
export function podAccountOf(account: AwsServiceAccount): PodAccount {
  return { namespace: account === 'external-secrets' ? account : POD_NAMESPACE, serviceAccount: account };
}

/** Who may take the role of a ServiceAccount: the pods of that account, of that namespace, of that cluster. */
export function trustOf(environment: AwsEnvironment, account: PodAccount): IPrincipal {
  const { cluster } = environment;
  if (cluster.kind === 'existing' && cluster.identity.kind === 'irsa')
    return byProvider(cluster.identity.providerArn, account);
  const tags = {
    // An ARN also names the account and the region of the cluster.
    'aws:RequestTag/eks-cluster-arn': clusterArn(environment),
    'aws:RequestTag/kubernetes-namespace': account.namespace,
    'aws:RequestTag/kubernetes-service-account': account.serviceAccount,
  };
  // Pod Identity tags each session with the pod that it is for, so the role must let it do so.
  return new SessionTagsPrincipal(
    new ServicePrincipal('pods.eks.amazonaws.com').withConditions({ StringEquals: tags }) as IPrincipal,
  ) as IPrincipal;
}

function byProvider(providerArn: string, { namespace, serviceAccount }: PodAccount): IPrincipal {
  const issuer = providerArn.slice(providerArn.indexOf('/') + 1);
  return new WebIdentityPrincipal(providerArn, {
    StringEquals: {
      [`${issuer}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
      [`${issuer}:aud`]: 'sts.amazonaws.com',
    },
  }) as IPrincipal;
}
