import {
  type IPrincipal,
  ServicePrincipal,
  SessionTagsPrincipal,
  WebIdentityPrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { AwsEnvironment } from '../environment-schema.ts';
import { clusterName } from '../names.ts';
import type { AwsServiceAccount } from '../permissions.ts';

/** Namespace of the pods in the cluster. */
export const POD_NAMESPACE = 'loan-eligibility';

/** Who may take the role of a ServiceAccount: the pods of that account, of that namespace, of that cluster. */
export function trustOf(environment: AwsEnvironment, account: AwsServiceAccount): IPrincipal {
  const { cluster } = environment;
  if (cluster.kind === 'existing' && cluster.identity.kind === 'irsa')
    return byProvider(cluster.identity.providerArn, account);
  const tags = {
    'aws:RequestTag/eks-cluster-name': clusterName(environment),
    'aws:RequestTag/kubernetes-namespace': POD_NAMESPACE,
    'aws:RequestTag/kubernetes-service-account': account,
  };
  // Pod Identity tags each session with the pod that it is for, so the role must let it do so.
  return new SessionTagsPrincipal(
    new ServicePrincipal('pods.eks.amazonaws.com').withConditions({ StringEquals: tags }) as IPrincipal,
  ) as IPrincipal;
}

function byProvider(providerArn: string, account: AwsServiceAccount): IPrincipal {
  const issuer = providerArn.slice(providerArn.indexOf('/') + 1);
  return new WebIdentityPrincipal(providerArn, {
    StringEquals: {
      [`${issuer}:sub`]: `system:serviceaccount:${POD_NAMESPACE}:${account}`,
      [`${issuer}:aud`]: 'sts.amazonaws.com',
    },
  }) as IPrincipal;
}
