import { MODEL } from '../../charts/model-deployment.ts';
import type { ArtifactFiles } from '../../services/shared/contract/digest.ts';
import { parseServingContract } from '../../services/shared/contract/serving-contract.ts';
import { ModelRegistry } from '../../services/shared/mlflow/model-registry.ts';
import { digestOf } from '../support/model/loan-model.ts';
import { registerVersion } from '../support/register-version.ts';
import { getObject, kubectl } from './kubectl.ts';

const FILES = ['MLmodel', 'model.onnx', 'serving.json'];
const LIMIT_BYTES = 64 * 1024 * 1024;

/** Trains another model in the cluster: the template of the CronJob, with another seed. @returns the version */
export async function retrain(mlflowUrl: string, seed: number): Promise<string> {
  const cronJob = await getObject('cronjob', 'training');
  const template = structuredClone(cronJob.spec.jobTemplate);
  const [container] = template.spec.template.spec.containers;
  container.args = [...container.args, `--seed=${seed}`, '--promote=never'];
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `retrain-${seed}`, labels: template.metadata.labels },
    spec: template.spec,
  };
  await kubectl(['create', '--filename=-'], { input: JSON.stringify(job) });
  await kubectl(['wait', '--for=condition=Complete', '--timeout=480s', `job/retrain-${seed}`]);
  const version = await new ModelRegistry({ url: mlflowUrl }).resolveAlias(MODEL, 'challenger');
  if (version === undefined)
    throw new Error('the training run registered no version with the alias challenger');
  return version;
}

/** Registers the files that `change` makes of a version, with the right digest. @returns the new version */
export async function registerChanged(
  mlflowUrl: string,
  original: string,
  change: (files: ArtifactFiles) => ArtifactFiles,
): Promise<string> {
  const files = change(await download(mlflowUrl, original));
  return registerVersion(mlflowUrl, { name: MODEL, files, tags: { digest: digestOf(files) } });
}

/** Registers a version whose files changed after its digest was computed. @returns the new version */
export async function registerTampered(mlflowUrl: string, original: string): Promise<string> {
  const files = await download(mlflowUrl, original);
  const tags = { digest: digestOf(files) };
  return registerVersion(mlflowUrl, { name: MODEL, files: approvingNobody(files), tags });
}

/** The same model with a threshold that no probability reaches. */
export function approvingNobody(files: ArtifactFiles): ArtifactFiles {
  return withThreshold(files, () => 0.99);
}

/** The same decisions by other files, each time by others. A refusal of these files is none of any other version. */
export function withOtherDigest(files: ArtifactFiles): ArtifactFiles {
  return withThreshold(files, (threshold) => threshold + (1 + Math.random()) * 1e-9);
}

function withThreshold(files: ArtifactFiles, change: (threshold: number) => number): ArtifactFiles {
  const contract = parseServingContract(new TextDecoder().decode(files.get('serving.json')));
  const decision = { ...contract.decision, threshold: change(contract.decision.threshold) };
  return new Map([...files, ['serving.json', Buffer.from(JSON.stringify({ ...contract, decision }))]]);
}

async function download(mlflowUrl: string, version: string): Promise<ArtifactFiles> {
  const registry = new ModelRegistry({ url: mlflowUrl });
  const files = new Map<string, Uint8Array>();
  for (const path of FILES)
    files.set(path, await registry.downloadArtifact(MODEL, version, path, LIMIT_BYTES));
  return files;
}
