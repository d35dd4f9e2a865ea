import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { componentLabels } from './component-chart.ts';

/**
 * Time in which every node removes a terminating pod from the Services. Kubernetes sends SIGTERM before that, so the
 * pod goes on accepting meanwhile.
 */
export const DRAIN_SECONDS = 5;

/** A Service with its component's name. Each port leads to the container port of the same name. */
export function service(scope: Construct, component: string, ports: Readonly<Record<string, number>>): void {
  new k8s.KubeService(scope, 'service', {
    metadata: { name: component },
    spec: {
      selector: componentLabels(component),
      ports: Object.entries(ports).map(([name, port]) => ({
        name,
        port,
        targetPort: k8s.IntOrString.fromString(name),
      })),
    },
  });
}
