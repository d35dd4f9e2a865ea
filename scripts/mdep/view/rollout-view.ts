import { isRestoring } from '../../../operators/rollout/decision/restoration.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type {
  Approval,
  ModelDeploymentStatus,
  Phase,
  Transition,
} from '../../../services/shared/model-deployment/status.ts';
import { type Gates, gatesOf } from './gates.ts';
import { headlineOf } from './headline.ts';
import { type PhaseMark, phaseLine } from './phase-line.ts';
import { type Progress, progressOf } from './progress.ts';
import { type StepMark, stepMarks } from './step-marks.ts';
import { type Trouble, troublesOf } from './troubles.ts';
import { type VersionShare, versionShares } from './version-shares.ts';
import { type Wait, waitsOf } from './waits.ts';

/** What `status` shows of a ModelDeployment, as text and as JSON. */
export interface RolloutView {
  readonly name: string;
  readonly namespace: string;
  readonly model: string;
  readonly alias: string;
  /** Absent: the operator has not seen the object. */
  readonly phase?: Phase;
  /** One sentence. */
  readonly headline: string;
  readonly phases: readonly PhaseMark[];
  readonly versions: readonly VersionShare[];
  /** Steps of the canary. Empty if none is going on or was just refused. */
  readonly steps: readonly StepMark[];
  readonly progress: readonly Progress[];
  readonly gates?: Gates;
  readonly waits: readonly Wait[];
  /** Signed statements for the version that is rolled out, or for the stable version. */
  readonly approvals: readonly Approval[];
  readonly troubles: readonly Trouble[];
  readonly refused?: Refused;
  /** The last ones, newest first. */
  readonly transitions: readonly Transition[];
}

interface Refused {
  readonly version: string;
  readonly reason: string;
  readonly message: string;
  readonly at: string;
}

const SHOWN_TRANSITIONS = 4;

/** @param now milliseconds since the epoch */
export function rolloutView(object: ModelDeployment, now: number): RolloutView {
  const { metadata, spec, status = {} } = object;
  const gates = gatesOf(spec, status);
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    model: spec.model,
    alias: spec.registry.alias,
    ...(status.phase === undefined ? {} : { phase: status.phase }),
    headline: headlineOf(object),
    phases: phaseLine(spec, status),
    versions: versionShares(status),
    steps: stepMarks(spec, status),
    progress: progressOf(spec, status, now),
    ...(gates === undefined ? {} : { gates }),
    waits: waitsOf(object),
    approvals: approvalsOf(status),
    troubles: troublesOf(status),
    ...refusedOf(status),
    transitions: (status.transitions ?? []).slice(0, SHOWN_TRANSITIONS),
  };
}

function approvalsOf(status: ModelDeploymentStatus): readonly Approval[] {
  const { candidate, stable } = status;
  const shown = candidate === undefined || isRestoring(status) ? stable : candidate;
  return shown?.approvals ?? [];
}

function refusedOf({ failed }: ModelDeploymentStatus): { refused?: Refused } {
  if (failed === undefined) return {};
  const { version, reason, message, at } = failed;
  return { refused: { version, reason, message, at } };
}
