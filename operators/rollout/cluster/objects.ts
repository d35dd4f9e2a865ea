import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import type { LabelSelector } from './label-selector.ts';
import type { SecurityContext } from './restricted-security.ts';

/** The fields of `apps/v1` Deployment, `batch/v1` Job and `v1` Pod that the operator reads. */
export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly command?: readonly string[];
  readonly env?: readonly EnvironmentVariable[];
  readonly ports?: readonly ContainerPort[];
  readonly resources?: { readonly limits?: Resources; readonly requests?: Resources };
  readonly securityContext?: SecurityContext;
  readonly volumeMounts?: readonly VolumeMount[];
}

/** Name of a resource, such as `ephemeral-storage`, to a quantity. */
export type Resources = Readonly<Record<string, string>>;

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly resourceFieldRef?: object;
    readonly fieldRef?: { readonly fieldPath: string };
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
  };
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly subPathExpr?: string;
  readonly readOnly?: boolean;
}

export interface Volume {
  readonly name: string;
  readonly projected?: { readonly sources?: readonly { readonly serviceAccountToken?: object }[] };
  /** The field of another kind of volume. */
  readonly [kind: string]: unknown;
}

export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly volumes?: readonly Volume[];
    readonly securityContext?: SecurityContext;
    readonly affinity?: { readonly nodeAffinity?: object };
    /** A field that the operator hands on as it is. */
    readonly [field: string]: unknown;
  };
}

interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  /** @default TCP */
  readonly protocol?: string;
}

interface ObjectCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastUpdateTime?: string;
  readonly lastTransitionTime?: string;
}

export interface Deployment extends KubernetesObject {
  readonly spec: {
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly minReadySeconds?: number;
    readonly progressDeadlineSeconds?: number;
    readonly strategy?: { readonly type?: string };
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly ObjectCondition[];
  };
}

export interface Job extends KubernetesObject {
  readonly spec?: object;
  readonly status?: { readonly conditions?: readonly ObjectCondition[] };
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  /** Grows when the container starts again. */
  readonly restartCount?: number;
  readonly state?: ContainerState;
  /** How the container ended before its last restart. */
  readonly lastState?: ContainerState;
}

interface ContainerState {
  readonly running?: { readonly startedAt?: string };
  readonly waiting?: { readonly reason?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason?: string;
    readonly message?: string;
    readonly finishedAt?: string;
  };
}

export interface Pod extends KubernetesObject {
  readonly spec?: { readonly containers: readonly Container[] };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly ObjectCondition[];
    readonly startTime?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}
