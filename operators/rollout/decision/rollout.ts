import type { RefusalReason } from '../../../services/shared/agreements/condition-reasons.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';

/** What every decision starts from: the wish, the recorded state and the time. */
export interface Rollout {
  readonly spec: ModelDeploymentSpec;
  readonly status: ModelDeploymentStatus;
  readonly generation: number;
  /** Value of the retry annotation. */
  readonly retry: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Likewise: since when this process acts on it, neither suspended nor without leadership. */
  readonly actingSince: number;
}

/** Where the alias points, as far as the registry lets us know. */
export type AliasReading =
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreachable' | 'refused'; readonly message: string };

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
      /** Every pod is of the current template and available. */
      readonly complete: boolean;
      /** It is not complete for pods that are being deleted alone. */
      readonly podsTerminating?: boolean;
      readonly availableReplicas: number;
      /** Why the rollout makes no progress any more, and since when. */
      readonly stuck: { readonly message: string; readonly since: string } | undefined;
    };

/**
 * - `infrastructure`: no verdict on the model, worth another Job
 * - `refused`: a check failed, the model crashed, or there was no verdict within the deadline
 */
export type VerificationReading =
  | { readonly kind: 'running' }
  | { readonly kind: 'passed'; readonly runId: string; readonly digest: string }
  | { readonly kind: 'infrastructure'; readonly message: string }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly message: string };

/** Running pods of the target, and how many of them have the candidate loaded and verified. */
export interface PodsReading {
  readonly total: number;
  readonly loaded: number;
  /** When the youngest of the others started; a pod that has just come needs its time to load. */
  readonly youngestStart: string | undefined;
}

export type Measurement =
  | { readonly kind: 'unreachable'; readonly message: string }
  | {
      readonly kind: 'measured';
      readonly verdict: 'passed' | 'failed' | 'inconclusive';
      /** Records that the measurement rests on; undefined where none are counted. */
      readonly samples: number | undefined;
      readonly message: string;
    };

/** What was observed this time. What a phase does not need, or is not due, is absent. */
export interface Facts {
  readonly alias: AliasReading;
  readonly target: TargetReading;
  readonly verification?: VerificationReading;
  readonly pods?: PodsReading;
  readonly measurement?: Measurement;
}

export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

export function secondsSince(time: string, now: number): number {
  return (now - Date.parse(time)) / 1000;
}

/** For how long somebody has waited for it: a deadline does not run while nobody looks. */
export function secondsWaited({ now, actingSince }: Rollout, since: string): number {
  return Math.min(secondsSince(since, now), (now - actingSince) / 1000);
}
