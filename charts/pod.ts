import { k8s } from 'cdk8s-plus-27';
import { defined } from './defined.ts';
import type { Resources } from './environment.ts';
import { mebibytes, mebibytesOf, millis } from './quantity.ts';

/**
 * A literal, or a field of the pod such as `metadata.name`. Secrets are mounted as files: every process of a container
 * inherits its variables, and error reports and debuggers print them.
 */
export type EnvironmentValue = string | { readonly field: string };

/** Environment variables by name, each of them one that the process reads. */
export type Variables<Name extends string> = Readonly<Partial<Record<Name, EnvironmentValue>>>;

export interface Mount {
  readonly volume: k8s.Volume;
  /** @default false */
  readonly readOnly?: boolean;
}

export interface ContainerOptions {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, EnvironmentValue>>;
  /** Port name to number. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Path inside the container to what is mounted there. */
  readonly mounts?: Readonly<Record<string, Mount>>;
  readonly resources: Resources;
  readonly startup?: k8s.Probe;
  readonly readiness?: k8s.Probe;
  readonly liveness?: k8s.Probe;
  /** Command that runs in the container before Kubernetes sends SIGTERM. */
  readonly preStop?: readonly string[];
}

export interface PodOptions {
  /** Numeric id of a user other than root. Files on the pod's volumes belong to the group of the same number. */
  readonly user: number;
  readonly serviceAccount?: string;
  /** Mounts the service account's token for the API server. @default false */
  readonly apiAccess?: boolean;
  readonly containers: readonly ContainerOptions[];
  readonly initContainers?: readonly ContainerOptions[];
  /** @default 30, which is Kubernetes' default */
  readonly terminationGracePeriodSeconds?: number;
  /** Labels of the pods that should run on different nodes and zones. @default no preference */
  readonly spread?: Readonly<Record<string, string>>;
  /** @default Always */
  readonly restartPolicy?: 'OnFailure' | 'Never';
}

/** A pod that Pod Security `restricted` admits: not root, only its volumes writable, no capability. */
export function podSpec(options: PodOptions): k8s.PodSpec {
  const containers = [...(options.initContainers ?? []), ...options.containers];
  const mounts = containers.flatMap((container) => Object.values(container.mounts ?? {}));
  const volumes = new Map(mounts.map(({ volume }) => [volume.name, volume]));
  return defined<k8s.PodSpec>({
    serviceAccountName: options.serviceAccount,
    automountServiceAccountToken: options.apiAccess ?? false,
    // Otherwise a Service named kinesis sets KINESIS_PORT=tcp://… in every container.
    enableServiceLinks: false,
    restartPolicy: options.restartPolicy,
    terminationGracePeriodSeconds: options.terminationGracePeriodSeconds,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: options.user,
      runAsGroup: options.user,
      fsGroup: options.user,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    topologySpreadConstraints: options.spread && spread(options.spread),
    initContainers: options.initContainers?.map(container),
    containers: options.containers.map(container),
    volumes: volumes.size === 0 ? undefined : [...volumes.values()],
  });
}

function container(options: ContainerOptions): k8s.Container {
  const { cpuMillis, cpuLimitMillis, memoryMebibytes } = options.resources;
  const memory = mebibytes(memoryMebibytes);
  const storage = mebibytes(LOG_MEBIBYTES + scratchMebibytes(options.mounts));
  return defined<k8s.Container>({
    name: options.name,
    image: options.image,
    imagePullPolicy: 'IfNotPresent',
    command: options.command && [...options.command],
    args: options.args && [...options.args],
    env: options.environment && Object.entries(options.environment).map(variable),
    ports:
      options.ports &&
      Object.entries(options.ports).map(([name, containerPort]) => ({
        name,
        containerPort,
        protocol: 'TCP',
      })),
    resources: {
      requests: { cpu: millis(cpuMillis), memory, 'ephemeral-storage': storage },
      limits: { cpu: millis(cpuLimitMillis), memory, 'ephemeral-storage': storage },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    startupProbe: options.startup,
    readinessProbe: options.readiness,
    livenessProbe: options.liveness,
    lifecycle: options.preStop && { preStop: { exec: { command: [...options.preStop] } } },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts:
      options.mounts &&
      Object.entries(options.mounts).map(([mountPath, { volume, readOnly }]) => ({
        mountPath,
        name: volume.name,
        ...(readOnly ? { readOnly } : {}),
      })),
  });
}

/** The kubelet keeps 5 log files of 10 MiB for a container. ConfigMaps of at most 1 MiB each also count. */
const LOG_MEBIBYTES = 64;

/** The empty directories on the disk of the node that a container may fill. */
function scratchMebibytes(mounts: Readonly<Record<string, Mount>> = {}): number {
  const sizes = new Map(
    Object.values(mounts).flatMap(({ volume: { name, emptyDir } }) =>
      emptyDir?.sizeLimit && emptyDir.medium !== 'Memory' ? [[name, mebibytesOf(emptyDir.sizeLimit)]] : [],
    ),
  );
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function variable([name, value]: [string, EnvironmentValue]): k8s.EnvVar {
  if (typeof value === 'string') return { name, value };
  return { name, valueFrom: { fieldRef: { fieldPath: value.field } } };
}

function spread(matchLabels: Readonly<Record<string, string>>): k8s.TopologySpreadConstraint[] {
  return ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels },
  }));
}

export interface ProbeTiming {
  readonly periodSeconds: number;
  readonly failureThreshold: number;
  /** @default 3 */
  readonly timeoutSeconds?: number;
}

export function httpProbe(path: string, port: string, timing: ProbeTiming): k8s.Probe {
  return { httpGet: { path, port: k8s.IntOrString.fromString(port) }, timeoutSeconds: 3, ...timing };
}

export function commandProbe(command: readonly string[], timing: ProbeTiming): k8s.Probe {
  return { exec: { command: [...command] }, timeoutSeconds: 3, ...timing };
}
