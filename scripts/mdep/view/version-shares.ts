import { isRestoring } from '../../../operators/rollout/decision/restoration.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';

export interface VersionShare {
  readonly version: string;
  readonly role: 'stable' | 'candidate';
  /** Share of the keys that it decides. */
  readonly percent: number;
  /** True if it scores records beside the stable version, and decides none. */
  readonly shadow: boolean;
  /** Deployment whose pods run the candidate. Absent: the pods of the target run it. */
  readonly isolatedIn?: string;
  readonly digest?: string;
  /** Time at which it became stable, or at which the phase or step of the candidate began. */
  readonly since: string;
  /** True if the version passed its bake time. */
  readonly proven: boolean;
}

/** Who decides which share of the keys. During a rollback the stable version decides all, and is shown once. */
export function versionShares(status: ModelDeploymentStatus): VersionShare[] {
  const { stable, candidate } = status;
  const rolled = isRestoring(status) ? undefined : candidate;
  const percent = rolled?.mode === 'canary' ? (rolled.weightPercent ?? 0) : 0;
  return [
    ...(stable === undefined
      ? []
      : [
          {
            version: stable.version,
            role: 'stable' as const,
            percent: 100 - percent,
            shadow: false,
            digest: stable.digest,
            since: stable.since,
            proven: stable.soakedAt !== undefined,
          },
        ]),
    ...(rolled === undefined
      ? []
      : [
          {
            version: rolled.version,
            role: 'candidate' as const,
            percent,
            shadow: rolled.mode === 'shadow',
            ...(rolled.isolated === undefined ? {} : { isolatedIn: rolled.isolated.deployment }),
            ...(rolled.digest === undefined ? {} : { digest: rolled.digest }),
            since: rolled.since,
            proven: false,
          },
        ]),
  ];
}
