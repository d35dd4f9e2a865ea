/**
 * Every reason that a ModelDeployment shows: in its conditions, in `status.failed`, in Events and in the tags of the model
 * version. docs/runbook.md says what to do about each. The verification process sets some of the refusals.
 */

/** Why a version may not be loaded. */
export const MODEL_LOAD_REASONS = {
  VersionNotFound: 'The registry has no such version.',
  ArtifactMissing: 'A file that the model needs was never uploaded.',
  ArtifactTooLarge: 'Files exceed a limit, or loading would exceed the memory of the container.',
  InvalidArtifact: 'MLmodel or the graph is unreadable.',
  DigestMismatch: 'The files differ from the files that were registered or pinned.',
  ModelSignatureMissing: 'There is no model.sig, but a signature of the model is demanded.',
  ModelSignatureInvalid: 'No trusted key signed the files of the model as they are.',
  InvalidContract: 'serving.json breaks its schema or contradicts itself.',
  ContractMissing: 'There is no serving.json, but the version has to decide.',
  SignatureMismatch: 'The inputs or outputs of the graph differ from serving.json.',
  GoldenSampleMismatch: 'The graph does not repeat the probabilities that training computed.',
} as const satisfies Readonly<Record<string, string>>;

/** Why the operator refused a version. */
export const REFUSAL_REASONS = {
  ...MODEL_LOAD_REASONS,
  SignatureIncompatible: 'Clients of the stable version could not call this version.',
  TooSlow: 'A batch takes longer than `maxBatchP99Milliseconds`.',
  RegistryRefused: 'MLflow refused the request.',
  VerificationCrashed: 'The verification ended without a result.',
  VerificationDeadlineExceeded: 'The verification Job took longer than its deadline.',
  VerificationBackoffLimitExceeded: 'The verification Job used up its retries.',
  VerificationPodFailurePolicy: 'The verification ended with an exit code that is not retried.',
  VerificationFailed: 'The verification Job failed for another reason.',
  VerificationInconclusive: 'Ten verification Jobs gave no verdict.',
  ShadowFailed: 'Shadow measurements were out of their limits.',
  ShadowDeadlineExceeded: 'Shadow gave no verdict before its deadline.',
  CanaryFailed: 'Canary measurements were out of their limits.',
  CanaryDeadlineExceeded: 'A canary step gave no verdict before its deadline.',
  CandidateNotLoaded: 'Not every pod loaded the version before the deadline.',
  RolloutStuck: 'The Deployment made no progress with the version.',
  SoakFailed: 'Measurements were out of their limits during the bake time.',
  PromotionFailed: 'Measurements were out of their limits while the pods were replaced.',
  PodsUnavailable: 'Pods of the target failed with the version loaded, or in its bake time.',
  DeploymentPaused: 'The Deployment was paused for longer than the deadline.',
  RestoreStuck: 'Pods could not load the version when it was restored.',
  BreakGlass: 'A person went back to an earlier version, by `spec.pin` or by the annotation `rollback`.',
  Aborted: 'The annotation abort gave the candidate up.',
  VersionNumberReused:
    'Another model with the same version number serves, so no metric can tell the two apart.',
  PromotionRejected: 'Somebody with a trusted key rejected the version.',
  StableVersionMissing:
    'The contract of the stable version cannot be read, so nothing shows that clients still fit.',
} as const satisfies Readonly<Record<string, string>>;

/** Why a version waits for its approval. The message of the condition names each statement and its fault. */
const APPROVAL_REASONS = {
  Unsigned: 'No statement about the version is signed by a trusted key or by any other.',
  StatementMalformed: 'A statement is no DSSE envelope, or lacks a field.',
  UntrustedKey: 'No trusted key signed a statement.',
  StatementMismatch: 'A statement is about another model, version, digest or alias.',
  StatementFromTheFuture: 'A statement has a time in the future.',
  StatementExpired: 'A statement is older than `approval.expiresAfterSeconds`.',
  StatementReplayed: 'A statement was used before, or the version served or was refused since.',
  OnlyAutomatedKeys: 'Only keys of `approval.automatedKeys` signed.',
  ApprovalIncomplete: 'Fewer keys signed than `approval.required`.',
  KeysUnreadable:
    'The ConfigMap of the public keys is missing, denied or empty, or lacks a key of `automatedKeys`.',
  StatementsUnreadable: 'MLflow does not give the tags of the version, or there are too many to be read.',
} as const satisfies Readonly<Record<string, string>>;

/** Why a condition has its status, beside refusals and phases. */
export const CONDITION_REASONS = {
  ...APPROVAL_REASONS,
  Approved: 'The version has the statements that `spec.approval` asks for.',
  ApprovalPending: 'The version is verified first, or its statements are being read.',
  ApprovalNotRequired: '`spec.approval` is absent.',
  NotAsked: 'The version became stable without statements.',
  Serving: 'Pods of the stable version are available.',
  NoStableVersion: 'No version was promoted yet.',
  NoPodAvailable: 'No pod of the stable version is available.',
  RestoreStuck: 'Pods decide with another version than the version that is restored.',
  TargetNotFound: 'The target Deployment or its container does not exist.',
  TargetClaimed: 'Another ModelDeployment has the same target.',
  Suspended: '`spec.suspend` is true.',
  AsExpected: 'No version is refused.',
  AliasFound: 'The alias names a version.',
  AliasMissing: 'The model or its alias does not exist.',
  RegistryUnreachable: 'MLflow does not answer.',
  RegistryRefused: 'MLflow answers with an error.',
  Measured: 'Prometheus answers.',
  MetricsUnreachable: 'Prometheus does not answer.',
  MetricsPartial: 'Prometheus answers with a warning, so a part of the series may be missing.',
  RegistryNotAllowed: 'The operator may not call the host of `spec.registry.url`.',
  MetricsNotAllowed: 'The operator may not call the host of `spec.analysis.prometheus`.',
  CredentialsMissing: 'The Secret that the spec names is missing or has no usable key.',
  WriteDenied: 'The API server refused a write of the operator.',
  ReadDenied: 'The API server refused a read of the operator.',
  PinOverwritten: 'Another client sets the pinned variables again and again.',
  Pinned: '`spec.pin` holds a version, so the alias is ignored.',
  PinImpossible: 'The version that `spec.pin` names has not served here with that digest.',
  LeftByBreakGlass: 'The alias names a version that a person left by break glass.',
  RollbackImpossible: 'The annotation `rollback` names no version that has served here.',
  DeploymentPaused: '`spec.paused` of the target Deployment is true.',
  ScaledToZero: 'The target Deployment has no pod that could load the version.',
  PausedByRequest: 'The annotation pause holds the rollout.',
  Frozen: 'A freeze of `spec.windows` holds the rollout.',
  OutsideWindow: 'No allowed window of `spec.windows` is open.',
  WindowsUnreadable: 'The operator does not know the time zone of `spec.windows`.',
  MinimumDuration: 'The canary step has not lasted for `minimumDurationSeconds` yet.',
  AwaitingStepApproval: 'The canary pauses until somebody approves its step.',
  StepPause: 'The canary pauses after a step, for the length of the pause.',
  StatementsUnread: 'Not all statements about the candidate can be read, and one could be a rejection.',
} as const satisfies Readonly<Record<string, string>>;

/** What an Event reports, beside refusals, phases and conditions. */
export const EVENT_REASONS = {
  RolledBack: 'The last good version serves again.',
  Superseded:
    'A candidate was given up because the alias moved, or because another ModelDeployment claims the target.',
  WeightRaised: 'The candidate decides a larger share of the keys.',
  Promoted: 'The candidate became the stable version.',
  Stable: 'The stable version passed its bake time.',
  SoakInconclusive: 'The bake time ended without a verdict.',
  AbortIgnored: 'The annotation abort names no version that is being rolled out, so it had no effect.',
  Adopted: 'The version to which the Deployment is pinned became the stable version of a new object.',
} as const satisfies Readonly<Record<string, string>>;

/** What a transition reports, beside the reasons of Events and of the conditions `Held` and `BreakGlass`. */
export const RECORD_REASONS = {
  StatementAccepted: 'A signed statement counts for the version.',
  Retried: 'A refused version is tried again, because the retry annotation names it.',
  StepApproved: 'The annotation approve-step ended the pause of a canary step.',
  StepApprovalLapsed:
    'The annotation approve-step ended no pause of its rollout, or is older than the object. It counts for no later rollout.',
  AbortRequested: 'The annotation abort gave the candidate up.',
  RollbackRequested: 'The annotation rollback asks for an earlier version.',
  Resumed: 'A hold is over.',
  Restoring: 'Pods with another pin begin to decide with the stable version.',
  Restored: 'Every pod has the pin of the stable version again.',
} as const satisfies Readonly<Record<string, string>>;

export type ModelLoadReason = keyof typeof MODEL_LOAD_REASONS;
export type RefusalReason = keyof typeof REFUSAL_REASONS;
export type ApprovalReason = keyof typeof APPROVAL_REASONS;
export type ConditionReason = keyof typeof CONDITION_REASONS;
export type EventReason = keyof typeof EVENT_REASONS;
export type RecordReason = keyof typeof RECORD_REASONS;

/** Tells the reasons of this release from text that a verification of another release left. */
export function isRefusalReason(text: string): text is RefusalReason {
  return Object.hasOwn(REFUSAL_REASONS, text);
}
