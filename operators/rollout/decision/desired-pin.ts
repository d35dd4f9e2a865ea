import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import type { Pin } from './rollout.ts';

/**
 * The version that the target Deployment must be pinned to. Undefined: the Deployment must have no pin.
 * A candidate is pinned only once it decides all keys. Otherwise a replaced pod would decide a key with another version.
 * If no version was ever promoted, the present pin stays, unless its version was refused.
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
