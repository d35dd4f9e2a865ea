import { conditionOf } from '../../../operators/rollout/decision/condition-of.ts';
import { isRestoring } from '../../../operators/rollout/decision/restoration.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';

/** One sentence that says where the rollout stands. */
export function headlineOf({ metadata, spec, status = {} }: ModelDeployment): string {
  const { phase, stable, failed } = status;
  if (phase === undefined) return 'The operator has not seen this ModelDeployment yet.';
  const unseen = metadata.generation !== undefined && metadata.generation !== status.observedGeneration;
  const note = unseen ? ' The operator has not seen the last change of the spec yet.' : '';
  return sentence(spec.model, spec.registry.alias, status, stable?.version, failed?.version) + note;
}

function sentence(
  model: string,
  alias: string,
  status: ModelDeploymentStatus,
  stable: string | undefined,
  failed: string | undefined,
): string {
  const { phase, candidate } = status;
  if (isRestoring(status)) return `Version ${stable} is being restored, and decides where it is loaded.`;
  const version = candidate?.version;
  const serves = stable === undefined ? 'No version serves yet.' : `Version ${stable} decides every key.`;
  switch (phase) {
    case 'Waiting':
      return `No version was promoted yet: set the alias ${alias} of ${model} in MLflow.`;
    case 'Verifying':
      return `Version ${version} is being verified. ${serves}`;
    case 'AwaitingApproval':
      return isApproved(status)
        ? `Version ${version} is approved, and does not go on yet. ${serves}`
        : `Version ${version} waits for its approval. ${serves}`;
    case 'Shadowing':
      return `Version ${version} scores live records and publishes nothing. ${serves}`;
    case 'Canary':
      return (candidate?.weightPercent ?? 0) === 0
        ? `Version ${version} is being loaded for the canary. ${serves}`
        : `Version ${version} decides ${candidate?.weightPercent} % of the keys.`;
    case 'Promoting':
      return candidate?.weightPercent === 100
        ? `Version ${version} decides every key, and pods are replaced to keep it.`
        : `Version ${version} is being loaded to decide every key. ${serves}`;
    case 'Soaking':
      return `Version ${stable} decides every key, and its bake time runs.`;
    case 'RolledBack':
      return failed === undefined ? serves : `Version ${failed} was refused. ${serves}`;
    default:
      return `${serves} No rollout is in progress.`;
  }
}

/** The keys have signed. A person or a window may still hold the version. */
function isApproved(status: ModelDeploymentStatus): boolean {
  return conditionOf(status, 'Approved')?.status === 'True';
}
