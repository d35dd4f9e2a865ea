import { MODEL } from '../../charts/model-deployment.ts';
import { ModelRegistry } from '../../services/shared/mlflow/model-registry.ts';
import { type ModelDeploymentStatus, statusSchema } from '../../services/shared/model-deployment/status.ts';
import { getObject } from './kubectl.ts';
import { waitUntil } from './wait-until.ts';

/** Sees every status during a rollout, and may disturb the rollout. */
export type OnStatus = (status: ModelDeploymentStatus) => Promise<void> | void;

export async function rolloutStatus(): Promise<ModelDeploymentStatus> {
  return statusSchema.parse((await getObject('modeldeployment', MODEL)).status);
}

/** Waits until no rollout is under way. @returns the version that serves */
export function stableVersion(timeoutSeconds: number): Promise<string> {
  return waitUntil('Stable', timeoutSeconds, async () => {
    const { phase, stable } = await rolloutStatus();
    return phase === 'Stable' ? stable?.version : undefined;
  });
}

/** Waits until no rollout is under way, also after a refusal, while the alias still names the refused version. */
export function servingVersion(timeoutSeconds: number): Promise<string> {
  return waitUntil('a version that serves', timeoutSeconds, async () => {
    const { phase, stable, candidate } = await rolloutStatus();
    const isOver = candidate === undefined && (phase === 'Stable' || phase === 'RolledBack');
    return isOver ? stable?.version : undefined;
  });
}

/**
 * Moves the alias and follows the rollout until the version is stable and its bake time is over.
 * @throws Error as soon as the version is refused
 */
export async function promote(
  mlflowUrl: string,
  version: string,
  options: { readonly timeoutSeconds?: number; readonly onStatus?: OnStatus } = {},
): Promise<void> {
  await new ModelRegistry({ url: mlflowUrl }).setAlias(MODEL, 'champion', version);
  const { failed } = await waitUntil(`version ${version} Stable`, options.timeoutSeconds ?? 420, async () => {
    const status = await rolloutStatus();
    const { phase, stable, candidate } = status;
    if (status.failed?.version === version) return status;
    if (phase === 'Stable' && stable?.version === version) return status;
    await options.onStatus?.(status);
    throw new Error(`still ${phase}, stable ${stable?.version}, candidate ${candidate?.version ?? 'none'}`);
  });
  if (failed?.version === version) throw new Error(`refused: ${failed.reason}: ${failed.message}`);
}

/** Moves the alias to a bad version and waits for the refusal. @returns the refusal */
export async function promoteRefused(
  mlflowUrl: string,
  version: string,
  onStatus?: OnStatus,
): Promise<{ readonly reason: string; readonly message: string }> {
  await new ModelRegistry({ url: mlflowUrl }).setAlias(MODEL, 'champion', version);
  return waitUntil(`version ${version} refused`, 300, async () => {
    const status = await rolloutStatus();
    if (status.stable?.version === version) throw new Error('it serves');
    if (status.failed?.version === version) return status.failed;
    await onStatus?.(status);
    return undefined;
  });
}
