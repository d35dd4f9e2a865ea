import { z } from 'zod';

const runSchema = z.object({
  run: z.object({ info: z.object({ run_id: z.string(), artifact_uri: z.string() }) }),
});
const versionSchema = z.object({ model_version: z.object({ version: z.string() }) });

export interface VersionToRegister {
  readonly name: string;
  /** Content by artifact path. MLflow permits a version without files, whose status is READY. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Registers a version over MLflow's REST API, without Python. @returns the number of the version */
export async function registerVersion(mlflowUrl: string, wanted: VersionToRegister): Promise<string> {
  const post = async <Schema extends z.ZodType>(
    path: string,
    body: object,
    schema: Schema,
  ): Promise<z.output<Schema>> => {
    const response = await fetch(`${mlflowUrl}/api/2.0/mlflow/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok && !text.includes('RESOURCE_ALREADY_EXISTS')) throw new Error(`${path}: ${text}`);
    return schema.parse(JSON.parse(text));
  };
  await post('registered-models/create', { name: wanted.name }, z.unknown());
  const { run } = await post('runs/create', { experiment_id: '0', start_time: Date.now() }, runSchema);
  const { run_id: runId, artifact_uri: artifactUri } = run.info;
  const root = artifactUri.replace(/^mlflow-artifacts:\//, '');
  for (const [path, content] of wanted.files) {
    const url = `${mlflowUrl}/api/2.0/mlflow-artifacts/artifacts/${root}/model/${path}`;
    const upload = await fetch(url, { method: 'PUT', body: content as Uint8Array<ArrayBuffer> });
    if (!upload.ok) throw new Error(`${url}: ${await upload.text()}`);
  }
  const tags = Object.entries(wanted.tags ?? {}).map(([key, value]) => ({ key, value }));
  const source = `${artifactUri}/model`;
  const version = { name: wanted.name, source, run_id: runId, tags };
  const created = await post('model-versions/create', version, versionSchema);
  return created.model_version.version;
}
