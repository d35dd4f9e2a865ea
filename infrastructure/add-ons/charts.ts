/** A Helm chart at one version. */
export interface PinnedChart {
  readonly repository: string;
  readonly chart: string;
  readonly version: string;
  readonly namespace: string;
}

/** Versions that their own repositories had in August 2026. The values of the other files fit these versions. */
export const CHARTS = {
  keda: {
    repository: 'https://kedacore.github.io/charts',
    chart: 'keda',
    version: '2.20.2',
    namespace: 'keda',
  },
  prometheus: {
    repository: 'https://prometheus-community.github.io/helm-charts',
    chart: 'kube-prometheus-stack',
    version: '88.5.3',
    namespace: 'monitoring',
  },
  externalSecrets: {
    repository: 'https://charts.external-secrets.io',
    chart: 'external-secrets',
    version: '2.9.0',
    namespace: 'external-secrets',
  },
  nodeAutoscaler: {
    repository: 'https://kubernetes.github.io/autoscaler',
    chart: 'cluster-autoscaler',
    version: '9.59.0',
    namespace: 'kube-system',
  },
  loadBalancerController: {
    repository: 'https://aws.github.io/eks-charts',
    chart: 'aws-load-balancer-controller',
    // The AWS CDK brings the IAM policy of this version.
    version: '3.2.2',
    namespace: 'kube-system',
  },
} as const satisfies Readonly<Record<string, PinnedChart>>;
