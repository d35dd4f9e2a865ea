import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { NAME_LABEL, PART_OF_LABEL, SYSTEM_NAME } from '../services/shared/agreements/kubernetes-names.ts';
import type { Environment } from './environment.ts';

export const NAMESPACE = SYSTEM_NAME;

/** The labels by which Services, NetworkPolicies and Prometheus find a component's pods. */
export function componentLabels(component: string): Record<string, string> {
  return { [NAME_LABEL]: component, [PART_OF_LABEL]: SYSTEM_NAME };
}

/** The objects of one component, which become one file. Object names carry no hash. */
export abstract class ComponentChart extends Chart {
  /** @param level whether the objects live in the namespace or are cluster-scoped */
  constructor(scope: Construct, component: string, level: 'namespace' | 'cluster' = 'namespace') {
    super(scope, component, {
      ...(level === 'namespace' ? { namespace: NAMESPACE } : {}),
      labels: componentLabels(component),
      disableResourceNameHashes: true,
    });
  }
}

/** The image that the Dockerfile target of that name builds. */
export function image(environment: Environment, target: string): string {
  return `${environment.images.prefix}/${target}:${environment.images.tag}`;
}
