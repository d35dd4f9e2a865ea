import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { componentLabels } from './component-chart.ts';
import { defined } from './defined.ts';
import { type PodOptions, podSpec } from './pod.ts';

export interface DeploymentOptions extends Omit<PodOptions, 'spread'> {
  /** Undefined where an autoscaler decides: a number here would undo its work at every apply. */
  readonly replicas: number | undefined;
  /** `Recreate` where two pods cannot share a volume. @default RollingUpdate, one more before one less */
  readonly strategy?: 'Recreate';
  /** On the pods; a change of a value replaces them. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Deployment named as its component; with more than one replica, spread out and under a disruption budget. */
export function deployment(scope: Construct, component: string, options: DeploymentOptions): void {
  const matchLabels = componentLabels(component);
  const single = options.replicas === 1;
  new k8s.KubeDeployment(scope, 'deployment', {
    metadata: { name: component },
    spec: defined<k8s.DeploymentSpec>({
      replicas: options.replicas,
      revisionHistoryLimit: 3,
      selector: { matchLabels },
      strategy: options.strategy
        ? { type: options.strategy }
        : {
            type: 'RollingUpdate',
            rollingUpdate: {
              maxSurge: k8s.IntOrString.fromNumber(1),
              maxUnavailable: k8s.IntOrString.fromNumber(0),
            },
          },
      template: {
        metadata: defined<k8s.ObjectMeta>({ labels: matchLabels, annotations: options.annotations }),
        spec: podSpec({ ...options, ...(single ? {} : { spread: matchLabels }) }),
      },
    }),
  });
  // A budget over a single pod could only block the drain of its node.
  if (single) return;
  new k8s.KubePodDisruptionBudget(scope, 'disruption-budget', {
    metadata: { name: component },
    spec: {
      selector: { matchLabels },
      maxUnavailable: k8s.IntOrString.fromNumber(1),
      // Pods that wait for a model are not ready: a budget that counts them would block the drain of every node.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  });
}
