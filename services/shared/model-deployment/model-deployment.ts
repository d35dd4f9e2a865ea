import { SERVING_GROUP } from '../agreements/kubernetes-names.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { ModelDeploymentSpec } from './spec.ts';
import type { ModelDeploymentStatus } from './status.ts';

export const VERSION = 'v1alpha1';
export const KIND = 'ModelDeployment';
export const PLURAL = 'modeldeployments';

export interface ModelDeployment extends KubernetesObject {
  readonly spec: ModelDeploymentSpec;
  readonly status?: ModelDeploymentStatus;
}

/** Resource path of the collection, or of the object `name`. */
export function modelDeploymentPath(namespace: string, name?: string): string {
  const collection = `/apis/${SERVING_GROUP}/${VERSION}/namespaces/${namespace}/${PLURAL}`;
  return name === undefined ? collection : `${collection}/${name}`;
}
