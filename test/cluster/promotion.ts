import { z } from 'zod';
import { MODEL } from '../../charts/model-deployment.ts';
import { ModelRegistry } from '../../services/shared/mlflow/model-registry.ts';
import { getObject, kubectl } from './kubectl.ts';
import { waitUntil } from './wait-until.ts';

const statusSchema = z.object({
  phase: z.string(),
  stable: z.object({ version: z.string(), digest: z.string() }).optional(),
  candidate: z.object({ version: z.string() }).optional(),
  failed: z.object({ version: z.string(), reason: z.string(), message: z.string() }).optional(),
});

async function rolloutStatus(): Promise<z.output<typeof statusSchema>> {
  return statusSchema.parse((await getObject('modeldeployment', MODEL)).status);
}

/** The version that serves; waits until the rollout of it is over. */
export function stableVersion(timeoutSeconds: number): Promise<string> {
  return waitUntil('Stable', timeoutSeconds, async () => {
    const { phase, stable } = await rolloutStatus();
    return phase === 'Stable' ? stable?.version : undefined;
  });
}

/** Trains another model in the cluster, from the CronJob's template but with another seed; gives its version. */
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
  if (version === undefined) throw new Error('the run registered no challenger');
  return version;
}

/** Moves the alias and waits until the operator has put the version into service. @throws as soon as it is refused */
export async function promote(mlflowUrl: string, version: string): Promise<void> {
  await new ModelRegistry({ url: mlflowUrl }).setAlias(MODEL, 'champion', version);
  const { failed } = await waitUntil(`version ${version} Stable`, 420, async () => {
    const status = await rolloutStatus();
    const { phase, stable, candidate } = status;
    if (status.failed?.version === version) return status;
    if (phase === 'Stable' && stable?.version === version) return status;
    throw new Error(`still ${phase}, stable ${stable?.version}, candidate ${candidate?.version ?? 'none'}`);
  });
  if (failed?.version === version) throw new Error(`refused: ${failed.reason}: ${failed.message}`);
}

/** Registers a version whose digest is not that of its files, as after tampering; gives its version. */
export async function registerTampered(mlflowUrl: string, original: string): Promise<string> {
  const created = z.object({ model_version: z.object({ version: z.string() }) });
  const found = z.object({ model_version: z.object({ source: z.string(), run_id: z.string() }) });
  const query = new URLSearchParams({ name: MODEL, version: original });
  const { model_version: copied } = found.parse(await mlflow(mlflowUrl, `model-versions/get?${query}`));
  // A logged model's source is models:/<its id>.
  const modelId = copied.source.replace(/^models:\//, '');
  const body = { name: MODEL, source: copied.source, run_id: copied.run_id, model_id: modelId };
  const { model_version } = created.parse(await mlflow(mlflowUrl, 'model-versions/create', body));
  const tag = {
    name: MODEL,
    version: model_version.version,
    key: 'digest',
    value: `sha256:${'0'.repeat(64)}`,
  };
  await mlflow(mlflowUrl, 'model-versions/set-tag', tag);
  return model_version.version;
}

/** Moves the alias to a bad version and waits until the operator has refused it; gives its reason. */
export async function promoteRefused(mlflowUrl: string, version: string): Promise<string> {
  await new ModelRegistry({ url: mlflowUrl }).setAlias(MODEL, 'champion', version);
  return waitUntil(`version ${version} refused`, 240, async () => {
    const { failed, stable } = await rolloutStatus();
    if (stable?.version === version) throw new Error('it serves');
    return failed?.version === version && failed.reason;
  });
}

async function mlflow(url: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${url}/api/2.0/mlflow/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
