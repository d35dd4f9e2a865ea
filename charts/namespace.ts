import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { ComponentChart, NAMESPACE } from './component-chart.ts';

/** The namespace. It admits only pods that meet Pod Security `restricted`. */
export class NamespaceChart extends ComponentChart {
  constructor(scope: Construct) {
    super(scope, 'namespace', 'cluster');
    const levels = ['enforce', 'audit', 'warn'].map((mode) => [
      `pod-security.kubernetes.io/${mode}`,
      'restricted',
    ]);
    new k8s.KubeNamespace(this, 'namespace', {
      metadata: {
        name: NAMESPACE,
        labels: { 'kubernetes.io/metadata.name': NAMESPACE, ...Object.fromEntries(levels) },
      },
    });
  }
}
