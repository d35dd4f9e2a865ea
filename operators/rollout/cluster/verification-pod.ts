import {
  MANAGED_BY_LABEL,
  NAME_LABEL,
  OWNER_LABEL,
  ROLLOUT_MANAGER,
  VERIFICATION_ACCOUNT,
  VERIFICATION_COMPONENT,
} from '../../../services/shared/agreements/kubernetes-names.ts';
import { VERIFICATION_CONTAINER } from '../../../services/shared/agreements/verification.ts';
import { networkAccess } from './network-access.ts';
import type { Container, Deployment, EnvironmentVariable, PodTemplate, Resources } from './objects.ts';
import { restrictedContainer, restrictedPod } from './restricted-security.ts';

/** Where and how a pod runs. A pod that lacks one of these may not start, or may not reach MLflow. */
const TAKEN_FIELDS = [
  'nodeSelector',
  'tolerations',
  'schedulerName',
  'priorityClassName',
  'runtimeClassName',
  'imagePullSecrets',
  'dnsPolicy',
  'dnsConfig',
  'hostAliases',
  'enableServiceLinks',
] as const;

/** Prefixes of the labels that tell a service mesh to add its sidecar, or not to. */
const MESH_LABEL_PREFIXES = ['sidecar.istio.io/', 'istio.io/', 'linkerd.io/', 'kuma.io/'];

/** Names a container by its last part. The API refuses the annotation for a container that does not exist. */
const APP_ARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';

/**
 * Prefixes of annotations by which an injector adds Secrets. The injector asks for them with the rights of the pod, and a
 * verification has none, so its pod would not start.
 */
const SECRET_INJECTORS = ['vault.hashicorp.com/', 'vault.security.banzaicloud.io/'];

/** Program, and variables of the verification itself. */
export interface VerificationProcess {
  readonly command: readonly string[];
  readonly env: readonly EnvironmentVariable[];
}

/** Labels of the Job and of its pods. */
export function verificationLabels(modelDeployment: string): Readonly<Record<string, string>> {
  return {
    [NAME_LABEL]: VERIFICATION_COMPONENT,
    [MANAGED_BY_LABEL]: ROLLOUT_MANAGER,
    [OWNER_LABEL]: modelDeployment,
  };
}

/** The pod template of the verification: that of the target, without its rights, its sidecars and its other Secrets. */
export function verificationPod(
  modelDeployment: string,
  { spec: { selector, template } }: Deployment,
  serving: Container,
  { command, env }: VerificationProcess,
): PodTemplate {
  const { spec } = template;
  const access = networkAccess(serving, spec.volumes);
  const { limits, requests } = serving.resources ?? {};
  return {
    metadata: {
      labels: { ...meshLabels(template, selector), ...verificationLabels(modelDeployment) },
      annotations: annotations(template, serving),
    },
    spec: {
      ...Object.fromEntries(
        TAKEN_FIELDS.flatMap((field) => (spec[field] === undefined ? [] : [[field, spec[field]]])),
      ),
      // Only the nodes matter. Rules about other pods would spread or bind the Job like a serving pod.
      ...(spec.affinity?.nodeAffinity ? { affinity: { nodeAffinity: spec.affinity.nodeAffinity } } : {}),
      restartPolicy: 'Never',
      serviceAccountName: VERIFICATION_ACCOUNT,
      automountServiceAccountToken: false,
      securityContext: restrictedPod(spec.securityContext),
      containers: [
        {
          name: VERIFICATION_CONTAINER,
          ...(serving.image === undefined ? {} : { image: serving.image }),
          ...(serving.imagePullPolicy === undefined ? {} : { imagePullPolicy: serving.imagePullPolicy }),
          command,
          // Values of the target may name variables of the verification, so those come first.
          env: [...env, ...access.env.filter(({ name }) => !env.some((own) => own.name === name))],
          resources: { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) },
          securityContext: restrictedContainer(serving.securityContext),
          volumeMounts: [
            { name: SCRATCH, mountPath: '/tmp' },
            ...access.volumeMounts.filter(({ mountPath }) => !/^\/tmp\/?$/.test(mountPath)),
          ],
        },
      ],
      volumes: [{ name: SCRATCH, emptyDir: { sizeLimit: scratchLimit(limits) } }, ...access.volumes],
    },
  };
}

const SCRATCH = 'verification-tmp';

/** Twice the largest graph that inference takes. */
const SCRATCH_LIMIT = '2Gi';

/** As much disk as the serving container may use. A target without such a limit may not let a model fill its node. */
function scratchLimit(limits: Resources = {}): string {
  return limits['ephemeral-storage'] ?? SCRATCH_LIMIT;
}

/** Never a label by which the target's selector finds its pods. */
function meshLabels(
  { metadata }: PodTemplate,
  { matchLabels = {}, matchExpressions = [] }: Deployment['spec']['selector'],
) {
  const selected = new Set([...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)]);
  const labels = Object.entries(metadata?.labels ?? {});
  return Object.fromEntries(labels.filter(([key]) => isMeshLabel(key) && !selected.has(key)));
}

function isMeshLabel(key: string): boolean {
  return MESH_LABEL_PREFIXES.some((prefix) => key.startsWith(prefix));
}

function annotations({ metadata }: PodTemplate, serving: Container): Readonly<Record<string, string>> {
  const taken = Object.entries(metadata?.annotations ?? {}).flatMap(([key, value]) => {
    if (SECRET_INJECTORS.some((prefix) => key.startsWith(prefix))) return [];
    if (!key.startsWith(APP_ARMOR_PREFIX)) return [[key, value] as const];
    const isServing = key === `${APP_ARMOR_PREFIX}${serving.name}`;
    return isServing && value !== 'unconfined'
      ? [[`${APP_ARMOR_PREFIX}${VERIFICATION_CONTAINER}`, value] as const]
      : [];
  });
  return Object.fromEntries(taken);
}
