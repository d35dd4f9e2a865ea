/** Above this size MLflow uploads a file to S3 in parts. */
const IN_PARTS = 10 * 1024 * 1024;

export interface MlflowCalls {
  readonly read: string;
  readonly list: unknown;
  readonly listAfterDeletion: unknown;
}

/** The calls of a client that MLflow passes on to its artifact store. */
export class MlflowArtifacts {
  readonly #url: string;

  constructor(mlflowUrl: string) {
    this.#url = `${mlflowUrl}/api/2.0/mlflow-artifacts/artifacts`;
  }

  /** Stores, reads, lists and deletes files, as a run and `mlflow gc` do. */
  async use(): Promise<MlflowCalls> {
    await this.#ok('PUT', '/1/run/artifacts/model/serving.json', '{}');
    await this.putInParts('model.onnx');
    const read = await this.#ok('GET', '/1/run/artifacts/model/serving.json');
    const list = await this.#ok('GET', '?path=1/run/artifacts/model');
    await this.#ok('DELETE', '/1/run/artifacts');
    const after = await this.#ok('GET', '?path=1/run/artifacts/model');
    return { read, list: JSON.parse(list), listAfterDeletion: JSON.parse(after) };
  }

  /** @returns false if MLflow could not store the file */
  async putInParts(name: string): Promise<boolean> {
    const response = await this.#send('PUT', `/1/run/artifacts/model/${name}`, Buffer.alloc(IN_PARTS, 'x'));
    return response.ok;
  }

  async #ok(method: string, path: string, body?: string): Promise<string> {
    const response = await this.#send(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text;
  }

  #send(method: string, path: string, body?: string | Buffer): Promise<Response> {
    return fetch(this.#url + path, {
      method,
      ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
    });
  }
}
