import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import type { LabelSelector } from './label-selector.ts';

/** The fields of `apps/v1` Deployment, `batch/v1` Job and `v1` Pod that the operator reads. */
export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly ContainerPort[];
  readonly resources?: object;
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
    readonly selector: LabelSelector;
    readonly template: {
      readonly spec: {
        readonly containers: readonly Container[];
        readonly imagePullSecrets?: readonly { readonly name: string }[];
      };
    };
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
    readonly startTime?: string;
    readonly conditions?: readonly ObjectCondition[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}
