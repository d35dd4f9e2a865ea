import type {
  ApprovalReason,
  ConditionReason,
  RefusalReason,
} from '../../../services/shared/agreements/condition-reasons.ts';
import type { RequestAuthors } from '../../../services/shared/agreements/request-annotations.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { CheckResult, ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import type { StatementReading } from '../../../services/shared/statements/statement.ts';
import type { Wait } from './waits.ts';

/** The input of every decision: the wanted state, the recorded state and the time. */
export interface Rollout {
  readonly spec: ModelDeploymentSpec;
  readonly status: ModelDeploymentStatus;
  readonly generation: number;
  /** Value of the retry annotation. */
  readonly retry: string | undefined;
  /** Value of the rollback annotation. */
  readonly rollback?: string | undefined;
  /** Who set each annotation, as the admission policy proved. */
  readonly requestedBy?: RequestAuthors | undefined;
  /** Values of the annotations abort, approve-step and pause. */
  readonly abort?: string | undefined;
  readonly approveStep?: string | undefined;
  readonly pause?: string | undefined;
  /** Time of the API server, in milliseconds since the epoch. Only for times that are stored. */
  readonly now: number;
  /** Seconds since a stored time, whatever clocks do meanwhile. */
  readonly elapsed: Elapsed;
  /** Seconds since a stored time that count towards the deadline of the wait. An outage pauses the deadline. */
  readonly counted: (wait: Wait, since: string) => number;
  /** Seconds for which this process leads and the rollout is not suspended. */
  readonly actedSeconds: number;
}

/** Seconds since a stored time, never negative. NaN if it is no time. */
type Elapsed = (time: string) => number;

/**
 * The version that the alias names, or why that version is unknown. `notAllowed`: the operator may not call this host, or
 * has no credentials for it.
 */
export type AliasReading =
  | {
      readonly kind: 'version';
      readonly version: string;
      /** Creation time of the registered model. Undefined if the registry does not say. */
      readonly modelCreatedAt?: string | undefined;
    }
  | { readonly kind: 'absent' }
  /** No answer is known yet, and a person's order does not wait for one. */
  | { readonly kind: 'pending' }
  | {
      readonly kind: 'unreachable' | 'refused' | 'notAllowed';
      readonly message: string;
      /** Another reason for the condition than the usual reason of the kind. */
      readonly reason?: Extract<ConditionReason, 'CredentialsMissing'> | undefined;
    };

/** A version and the digest that it must have. */
export interface Pin {
  readonly version: string;
  readonly digest: string;
}

/** The target Deployment. */
export type TargetReading =
  | { readonly kind: 'missing'; readonly message: string }
  | {
      readonly kind: 'found';
      readonly pin: Pin | undefined;
      /** When the operator last set the pin. Undefined if it never did, or if the API server does not say. */
      readonly pinnedAt?: string | undefined;
      /** Every pod has the current template and is available. */
      readonly complete: boolean;
      /** True if pods with another template than the present one are left. */
      readonly mixed?: boolean;
      /** True if terminating pods are the only reason why `complete` is false. */
      readonly podsTerminating?: boolean;
      readonly availableReplicas: number;
      /** `spec.replicas`. */
      readonly wantedReplicas: number;
      /** Time in which a new pod need not be available yet. */
      readonly startSeconds: number;
      /** `spec.minReadySeconds`: a pod that became ready counts as available only then. */
      readonly minReadySeconds: number;
      /** `spec.progressDeadlineSeconds`. */
      readonly progressDeadlineSeconds?: number | undefined;
      /** `spec.paused`: no pod gets a new template. */
      readonly paused: boolean;
      /** Seconds for which the pods could make progress and made none. 0 if nobody waits for them. */
      readonly idleSeconds?: number;
      /** Why the rollout of pods makes no more progress, and since when. */
      readonly stuck: { readonly message: string; readonly since: string } | undefined;
    };

/**
 * - `infrastructure`: there is no verdict on the model, so another Job is worth a try
 * - `refused`: a check failed, the model crashed, or there was no verdict within the deadline
 */
export type VerificationReading =
  | { readonly kind: 'running' }
  | { readonly kind: 'passed'; readonly runId: string; readonly digest: string }
  | { readonly kind: 'infrastructure'; readonly message: string }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly message: string };

/** Running pods of the target, and how many of them have loaded and verified the candidate. */
export interface PodsReading {
  readonly total: number;
  readonly loaded: number;
  /** Pods without the candidate that read no record yet, because they wait for the candidate. 0 if absent. */
  readonly waiting?: number | undefined;
  /** Start of the youngest pod without the candidate. A new pod needs time to load. */
  readonly youngestStart: string | undefined;
  /** Other versions to which running pods without the candidate are pinned. Pods decide with their pin. */
  readonly otherVersions?: readonly string[] | undefined;
}

/** How the pods of the target fare. */
export interface PodHealth {
  readonly total: number;
  /** Pods that are ready, for as long as the Deployment asks. */
  readonly ready: number;
  /** Pods that are not available, and started too recently to be. None of them crashed. */
  readonly starting: number;
  /** Pods that are not available, because they crashed a short time ago. */
  readonly restarting: number;
}

/** How often the serving container crashed in the pods of the target. */
export interface Crashes {
  /** Crashes of the last ten minutes, since the pods load the candidate. */
  readonly recent: number;
  readonly pods: number;
  /** What the pods had done before: the sum of their restarts, and the sum of their ages. */
  readonly before: { readonly restarts: number; readonly podSeconds: number };
}

/** What the number of available pods tells while the pods cannot be listed. */
export interface BlindReading {
  /** By how many pods that number fell in the last ten minutes, one fall after the other. */
  readonly falls: number;
  /** Seconds for which half of the expected pods or fewer are available. */
  readonly lowSeconds: number;
}

/** An action or a read that the API server refused. The message has the words of the API server. */
export interface Denial {
  readonly kind: 'write' | 'read';
  readonly message: string;
}

export type Measurement =
  | {
      /** `partial`: a part of the series may be missing. `notAllowed`: as in AliasReading. */
      readonly kind: 'unreachable' | 'partial' | 'notAllowed';
      readonly message: string;
      readonly reason?: Extract<ConditionReason, 'CredentialsMissing'> | undefined;
    }
  | {
      readonly kind: 'measured';
      readonly verdict: 'passed' | 'failed' | 'inconclusive';
      /**
       * Number of measured records. In Promoting and in the bake time: the records that the version decided. Undefined if
       * the number is not known.
       */
      readonly samples: number | undefined;
      readonly message: string;
      /** Each check, with value, limits and verdict. Undefined if nothing could be checked. */
      readonly checks?: readonly CheckResult[] | undefined;
    };

/** What the tags of the candidate and the trusted keys say. */
export type StatementsReading =
  | {
      readonly kind: 'read';
      readonly statements: readonly StatementReading[];
      /** Number of further tags that look like statements. Nobody needs so many. */
      readonly unread: number;
      /** Names of the trusted keys. */
      readonly keyNames: readonly string[];
      /** Entries of the ConfigMap that are no usable keys, and why. */
      readonly keyFaults: readonly string[];
    }
  | {
      readonly kind: 'unreadable';
      readonly reason: Extract<ApprovalReason, 'KeysUnreadable' | 'StatementsUnreadable'>;
      readonly message: string;
    };

/** The observations of one reconcile. A fact is absent if the phase does not need it, or if it is not due. */
export interface Facts {
  readonly alias: AliasReading;
  readonly target: TargetReading;
  readonly verification?: VerificationReading | undefined;
  /** Signed statements about the candidate. Present if `spec.approval` asks for them and a first reading is there. */
  readonly statements?: StatementsReading | undefined;
  readonly pods?: PodsReading | undefined;
  /** Pins of the ready pods. Present before the first status, while pods with another template are left. */
  readonly servingPins?: readonly Pin[] | undefined;
  /** Present while pods load the candidate, and in the bake time for pods that are pinned to the stable version. */
  readonly crashes?: Crashes | undefined;
  readonly measurement?: Measurement | undefined;
  /** Present when `crashes` is. */
  readonly health?: PodHealth | undefined;
  /** Present while pods load the candidate, if the pods cannot be listed. */
  readonly blind?: BlindReading | undefined;
  /** Whether the pods decided records with the stable version, if no query measures its bake time. */
  readonly decided?: boolean | undefined;
  /** Calls that the API server refused in this reconcile. */
  readonly denials?: readonly Denial[] | undefined;
  /** Who sets the pin again and again, and when the operator sets it next. `version`: what that client pins, if known. */
  readonly contest?: { readonly message: string; readonly version?: string | undefined } | undefined;
}

export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Seconds since `since` in which this process acted. A deadline does not run while no leader acts. */
export function secondsWaited({ elapsed, actedSeconds }: Rollout, since: string): number {
  return Math.min(elapsed(since), actedSeconds);
}
