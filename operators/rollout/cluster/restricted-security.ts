/** A security context of the Kubernetes API, of a pod or of a container. */
export type SecurityContext = Readonly<Record<string, unknown>>;

/** The fields that say as whom and under which profile a process runs. No other field makes a process weaker. */
const KEPT_OF_BOTH = ['runAsUser', 'runAsGroup', 'seLinuxOptions', 'seccompProfile', 'appArmorProfile'];
const KEPT_OF_POD = [
  ...KEPT_OF_BOTH,
  'fsGroup',
  'fsGroupChangePolicy',
  'supplementalGroups',
  'supplementalGroupsPolicy',
];

/** The pod's security context, at least as strict as Pod Security `restricted`. */
export function restrictedPod(target: SecurityContext = {}): SecurityContext {
  return {
    seccompProfile: { type: 'RuntimeDefault' },
    ...kept(target, KEPT_OF_POD),
    runAsNonRoot: true,
  };
}

/** The container's security context, at least as strict as Pod Security `restricted`. */
export function restrictedContainer(target: SecurityContext = {}): SecurityContext {
  return {
    ...kept(target, KEPT_OF_BOTH),
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  };
}

/** Leaves out root and profiles that confine nothing. The stricter default then holds. */
function kept(target: SecurityContext, names: readonly string[]): SecurityContext {
  const isStrict = (name: string) =>
    target[name] !== undefined &&
    !(name === 'runAsUser' && target[name] === 0) &&
    (target[name] as { readonly type?: string }).type !== 'Unconfined';
  return Object.fromEntries(names.filter(isStrict).map((name) => [name, target[name]]));
}
