import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { componentLabels } from './component-chart.ts';
import { defined } from './defined.ts';
import { type PodOptions, podSpec } from './pod.ts';

export interface DeploymentOptions extends Omit<PodOptions, 'spread'> {
  /** Undefined if an autoscaler sets the number: a number here would undo that at every apply. */
  readonly replicas: number | undefined;
  /** `Recreate` if two pods cannot share a volume. @default RollingUpdate, which starts a pod before it ends one */
  readonly strategy?: 'Recreate';
  /** Pod annotations. A changed value replaces the pods. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Deployment with its component's name. With two or more replicas it is spread out and has a disruption budget. */
export function deployment(scope: Construct, component: string, options: DeploymentOptions): void {
  const matchLabels = componentLabels(component);
  const single = options.replicas !== undefined && options.replicas <= 1;
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
  // A disruption budget over one pod, or none, would only block the drain of its node.
  if (single) return;
  new k8s.KubePodDisruptionBudget(scope, 'disruption-budget', {
    metadata: { name: component },
    spec: {
      selector: { matchLabels },
      maxUnavailable: k8s.IntOrString.fromNumber(1),
      // Pods that wait for a model are not ready. A budget that counts them would block the drain of every node.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  });
}
