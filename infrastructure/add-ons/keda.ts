import { POD_NAMESPACE } from '../access/trust.ts';
import type { AwsEnvironment } from '../environment-schema.ts';
import { clusterName } from '../names.ts';

/** Values of the chart: KEDA scales Deployments of the one namespace, by metrics, and reads no Secret. */
export function kedaValues(environment: AwsEnvironment): Record<string, unknown> {
  const { replicas } = environment.addOns;
  const together = { replicaCount: replicas };
  return {
    clusterName: clusterName(environment),
    watchNamespace: POD_NAMESPACE,
    image: { pullPolicy: 'IfNotPresent' },
    operator: together,
    metricsServer: together,
    webhooks: together,
    rbac: { enabledCustomScaledRefKinds: false },
    permissions: {
      operator: { restrict: { secret: true } },
      metricServer: { restrict: { secret: true } },
    },
    ...(replicas > 1 && {
      podDisruptionBudget: {
        operator: { minAvailable: 1 },
        metricServer: { minAvailable: 1 },
        webhooks: { minAvailable: 1 },
      },
    }),
  };
}
