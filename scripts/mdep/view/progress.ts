import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { presentStep } from './step-marks.ts';

/** A time that runs. */
export interface Progress {
  /** `deadline`: the version is refused at its end. The others must pass. */
  readonly what: 'bake time' | 'minimum duration' | 'pause' | 'deadline';
  readonly seconds: number;
  readonly ofSeconds: number;
}

/** @param now milliseconds since the epoch */
export function progressOf(
  spec: ModelDeploymentSpec,
  status: ModelDeploymentStatus,
  now: number,
): Progress[] {
  const { phase, candidate, stable } = status;
  const since = (time: string) => Math.max(0, (now - Date.parse(time)) / 1000);
  if (phase === 'Soaking' && stable !== undefined) {
    const seconds = since(stable.resumedAt ?? stable.since);
    return [{ what: 'bake time', seconds: Math.floor(seconds), ofSeconds: spec.soakSeconds }];
  }
  if (candidate === undefined) return [];
  return [
    ...minimumDuration(spec, status, since(candidate.since)),
    ...pause(spec, status, since),
    ...deadline(spec, status),
  ];
}

function minimumDuration(
  spec: ModelDeploymentSpec,
  status: ModelDeploymentStatus,
  seconds: number,
): Progress[] {
  const least = presentStep(spec, status)?.minimumDurationSeconds ?? 0;
  if (least === 0) return [];
  return [{ what: 'minimum duration', seconds: Math.min(Math.floor(seconds), least), ofSeconds: least }];
}

/** A pause of a given length. It begins when the step has passed. */
function pause(
  spec: ModelDeploymentSpec,
  status: ModelDeploymentStatus,
  since: (time: string) => number,
): Progress[] {
  const length = presentStep(spec, status)?.pause?.durationSeconds;
  const passedAt = status.candidate?.passedAt;
  if (length === undefined || passedAt === undefined) return [];
  return [{ what: 'pause', seconds: Math.min(Math.floor(since(passedAt)), length), ofSeconds: length }];
}

/** Only the time that counts: an outage or a hold does not. */
function deadline(
  spec: ModelDeploymentSpec,
  { phase, deadline: counted }: ModelDeploymentStatus,
): Progress[] {
  const ofSeconds = deadlineSeconds(spec, phase);
  if (counted === undefined || ofSeconds === undefined) return [];
  return [{ what: 'deadline', seconds: Math.min(counted.seconds, ofSeconds), ofSeconds }];
}

function deadlineSeconds(
  spec: ModelDeploymentSpec,
  phase: ModelDeploymentStatus['phase'],
): number | undefined {
  switch (phase) {
    case 'Shadowing':
      return spec.shadow?.deadlineSeconds;
    case 'Canary':
      return spec.canary?.stepDeadlineSeconds;
    default:
      return undefined;
  }
}
