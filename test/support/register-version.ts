export interface VersionToRegister {
  readonly name: string;
  /** Artifact path to content. None: a version that is READY with nothing uploaded, as MLflow allows. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Registers a version in a real MLflow over its REST API, without Python. Gives the version's number. */
export async function registerVersion(mlflowUrl: string, wanted: VersionToRegister): Promise<string> {
  const post = async (path: string, body: object): Promise<Response> => {
    const response = await fetch(`${mlflowUrl}/api/2.0/mlflow/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok && response.status !== 400) throw new Error(`${path}: ${await response.text()}`);
    return response;
  };
  // A model that exists already answers 400 RESOURCE_ALREADY_EXISTS.
  await post('registered-models/create', { name: wanted.name });
  const created = await (await post('runs/create', { experiment_id: '0', start_time: Date.now() })).json();
  const { run_id: runId, artifact_uri: artifactUri } = created.run.info as Record<string, string>;
  const root = artifactUri?.replace(/^mlflow-artifacts:\//, '');
  for (const [path, content] of wanted.files) {
    const url = `${mlflowUrl}/api/2.0/mlflow-artifacts/artifacts/${root}/model/${path}`;
    const upload = await fetch(url, { method: 'PUT', body: content as Uint8Array<ArrayBuffer> });
    if (!upload.ok) throw new Error(`${url}: ${await upload.text()}`);
  }
  const tags = Object.entries(wanted.tags ?? {}).map(([key, value]) => ({ key, value }));
  const source = `${artifactUri}/model`;
  const response = await post('model-versions/create', { name: wanted.name, source, run_id: runId, tags });
  const { model_version: version } = await response.json();
  return version.version;
}
