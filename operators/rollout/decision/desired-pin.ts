import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import type { Pin } from './rollout.ts';

/**
 * What the target Deployment has to be pinned to, by the recorded status and the present pin alone; undefined for none.
 * The candidate only once it decides all keys, so that no applicant flips back when a pod is replaced. Where no version
 * was ever promoted, what there is stays, but for a first version that was refused.
 */
export function desiredPin(
  { phase, stable, candidate, failed }: ModelDeploymentStatus,
  present: Pin | undefined,
): Pin | undefined {
  if (phase === 'Promoting' && candidate?.digest !== undefined) {
    const { version, digest } = candidate;
    if (stable === undefined || candidate.weightPercent === 100) return { version, digest };
  }
  if (stable !== undefined) return { version: stable.version, digest: stable.digest };
  return present?.version === failed?.version ? undefined : present;
}
