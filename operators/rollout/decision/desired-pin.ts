import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import type { Pin } from './rollout.ts';

/**
 * What the target Deployment has to be pinned to, by the recorded status alone. The candidate only once it
 * decides all keys, so that no applicant flips back when a pod is replaced; undefined before the first promotion.
 */
export function desiredPin({ phase, stable, candidate }: ModelDeploymentStatus): Pin | undefined {
  if (phase === 'Promoting' && candidate?.digest !== undefined) {
    const { version, digest } = candidate;
    if (stable === undefined || candidate.weightPercent === 100) return { version, digest };
  }
  return stable && { version: stable.version, digest: stable.digest };
}
