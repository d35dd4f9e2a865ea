import { PIN_VARIABLES } from '../../../services/shared/agreements/environment-variables.ts';
import { ROLLOUT_MANAGER } from '../../../services/shared/agreements/kubernetes-names.ts';
import type { KubernetesObject, ManagedFields } from '../../../services/shared/kubernetes/objects.ts';

/** Whether the operator still owns fields of the Deployment. Then no other manager can remove the container with them. */
export function ownsFields({ metadata }: KubernetesObject): boolean {
  return metadata.managedFields?.some(isOurs) ?? false;
}

/** When the operator last changed the pin. Undefined if it owns no field, or if the API server gives no time. */
export function ownPinTime({ metadata }: KubernetesObject): string | undefined {
  return metadata.managedFields?.find(isOurs)?.time;
}

/** The fields of all other managers, and the present version of the object, for a conditional write. */
export function withoutOurFields({ metadata }: KubernetesObject) {
  const { resourceVersion, managedFields = [] } = metadata;
  return { resourceVersion, managedFields: managedFields.filter((entry) => !isOurs(entry)) };
}

/**
 * Name of the client that set the variables of the pin last. A client that removed them owns nothing of them. Then it is
 * the client that wrote last. Undefined if the API server names none.
 */
export function lastPinManager({ metadata }: KubernetesObject, container: string): string | undefined {
  const others = (metadata.managedFields ?? []).filter(
    (entry) => !isOurs(entry) && entry.subresource === undefined,
  );
  const owners = others.filter(({ fieldsV1 }) => ownsPin(fieldsV1, container));
  const candidates = owners.length > 0 ? owners : others;
  return candidates.toSorted((a, b) => (a.time ?? '').localeCompare(b.time ?? '')).at(-1)?.manager;
}

function isOurs({ manager }: ManagedFields): boolean {
  return manager === ROLLOUT_MANAGER;
}

function ownsPin(fields: unknown, container: string): boolean {
  const path = [
    'f:spec',
    'f:template',
    'f:spec',
    'f:containers',
    `k:{"name":${JSON.stringify(container)}}`,
    'f:env',
  ];
  const env = path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), fields);
  return (
    isRecord(env) &&
    Object.values(PIN_VARIABLES).some((name) => env[`k:{"name":${JSON.stringify(name)}}`] !== undefined)
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
