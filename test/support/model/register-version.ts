/**
 * Uploads files to a real MLflow and registers them as the next version of `name`, as a client without Python does.
 * @returns the version
 */
export async function registerVersion(
  mlflowUrl: string,
  name: string,
  files: ReadonlyMap<string, Uint8Array>,
  tags: Readonly<Record<string, string>> = {},
): Promise<string> {
  const api = `${mlflowUrl}/api/2.0/mlflow`;
  const { run } = (await postJson(`${api}/runs/create`, { experiment_id: '0' })) as {
    run: { info: { run_id: string; artifact_uri: string } };
  };
  const source = `${run.info.artifact_uri}/model`;
  const uploads = source.replace('mlflow-artifacts:', `${mlflowUrl}/api/2.0/mlflow-artifacts/artifacts`);
  for (const [path, content] of files) await call(`${uploads}/${path}`, 'PUT', Buffer.from(content));
  const exists = await fetch(`${api}/registered-models/get?name=${encodeURIComponent(name)}`);
  await exists.body?.cancel();
  if (!exists.ok) await postJson(`${api}/registered-models/create`, { name });
  const created = (await postJson(`${api}/model-versions/create`, {
    name,
    source,
    run_id: run.info.run_id,
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  })) as { model_version: { version: string } };
  return created.model_version.version;
}

function postJson(url: string, body: unknown): Promise<unknown> {
  return call(url, 'POST', JSON.stringify(body));
}

async function call(url: string, method: string, body: BodyInit): Promise<unknown> {
  const headers = typeof body === 'string' ? { 'Content-Type': 'application/json' } : {};
  const response = await fetch(url, { method, body, headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
