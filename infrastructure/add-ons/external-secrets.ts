import { POD_NAMESPACE } from '../access/trust.ts';
import type { AwsEnvironment } from '../environment-schema.ts';
import { podRoleArn, usesOf } from '../names.ts';

const ACCOUNT = 'external-secrets';

/**
 * Values of the chart: External Secrets writes Secrets of the one namespace, with the rights of its own pod. Its role is
 * in the access stack.
 */
export function externalSecretsValues(environment: AwsEnvironment): Record<string, unknown> {
  const { replicas } = environment.addOns;
  const together = {
    replicaCount: replicas,
    ...(replicas > 1 && { podDisruptionBudget: { enabled: true, minAvailable: 1 } }),
  };
  return {
    ...together,
    leaderElect: replicas > 1,
    scopedNamespace: POD_NAMESPACE,
    scopedRBAC: true,
    processClusterStore: false,
    processClusterExternalSecret: false,
    processClusterGenerator: false,
    processClusterPushSecret: false,
    processPushSecret: false,
    openshiftFinalizers: false,
    // A store that named another ServiceAccount would get the rights of that account.
    rbac: { serviceAccountTokenCreate: false, servicebindings: { create: false } },
    serviceAccount: { name: ACCOUNT, annotations: roleAnnotations(environment) },
    webhook: together,
    certController: together,
    resources: {
      requests: { cpu: '50m', memory: '128Mi' },
      limits: { memory: '256Mi' },
    },
  };
}

/** With Pod Identity, an association names the role. With an OIDC provider, the ServiceAccount does. */
function roleAnnotations(environment: AwsEnvironment): Record<string, string> {
  const { cluster } = environment;
  if (cluster.kind === 'new' || cluster.identity.kind === 'pod-identity') return {};
  if (!usesOf(environment).includes('external-secrets')) return {};
  return { 'eks.amazonaws.com/role-arn': podRoleArn(environment, ACCOUNT) };
}
