import { isNativeError } from 'node:util/types';
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { RegistryError } from './registry-error.ts';

export interface MlflowHttpOptions {
  /** Base URL without trailing slash, e.g. `http://mlflow:5000`. */
  readonly url: string;
  /** Time-out of one call, including the download of an artifact. @default 30_000 */
  readonly timeoutMilliseconds?: number;
}

const ANSWER_LIMIT_BYTES = 8 * 1024 * 1024;

type Call = Pick<Dispatcher.RequestOptions, 'method' | 'headers' | 'body'>;

const errorSchema = z.object({ error_code: z.string(), message: z.string().default('') });

/** Calls MLflow by its REST conventions: paths, error codes, limits. */
export class MlflowHttp {
  readonly #url: string;
  readonly #timeoutMilliseconds: number;

  constructor(options: MlflowHttpOptions) {
    this.#url = options.url;
    this.#timeoutMilliseconds = options.timeoutMilliseconds ?? 30_000;
  }

  /** Calls `/api/2.0/mlflow/<path>`; `parameters` go into the query of a GET and the body of any other method. */
  async json<Schema extends z.ZodType>(
    schema: Schema,
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    parameters: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<z.output<Schema>> {
    const url = new URL(`${this.#url}/api/2.0/mlflow/${path}`);
    const call: Call = { method };
    if (method === 'GET') {
      for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, String(value));
    } else {
      call.headers = { 'content-type': 'application/json' };
      call.body = JSON.stringify(parameters);
    }
    return this.#parse(schema, url, await this.#send(url, call, ANSWER_LIMIT_BYTES, signal));
  }

  async artifactList<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    signal?: AbortSignal,
  ): Promise<z.output<Schema>> {
    const url = new URL(`${this.#url}/api/2.0/mlflow-artifacts/artifacts`);
    url.searchParams.set('path', path);
    return this.#parse(schema, url, await this.#send(url, { method: 'GET' }, ANSWER_LIMIT_BYTES, signal));
  }

  artifact(path: string, limitBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    const url = new URL(`${this.#url}/api/2.0/mlflow-artifacts/artifacts/${encoded}`);
    return this.#send(url, { method: 'GET' }, limitBytes, signal);
  }

  #parse<Schema extends z.ZodType>(schema: Schema, url: URL, body: Uint8Array): z.output<Schema> {
    const json = safeJson(new TextDecoder().decode(body));
    if (json === undefined) throw this.#strangeAnswer(`${url.pathname} gave an answer that is not JSON`);
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    const message = `${url.pathname} gave an answer that is not MLflow's`;
    throw new RegistryError('refused', message, { cause: parsed.error });
  }

  /** Uses undici's `request`, because `fetch` costs more CPU time for every poll. */
  async #send(url: URL, call: Call, limitBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    const timeout = AbortSignal.timeout(this.#timeoutMilliseconds);
    const merged = signal ? AbortSignal.any([signal, timeout]) : timeout;
    let response: Dispatcher.ResponseData;
    let body: Uint8Array | undefined;
    try {
      response = await request(url, { ...call, signal: merged });
      body = await readLimited(response, limitBytes);
    } catch (error) {
      signal?.throwIfAborted();
      const reason = timeout.aborted
        ? `no answer within ${this.#timeoutMilliseconds} ms`
        : rootMessage(error);
      throw new RegistryError('unreachable', `MLflow at ${this.#url} is unreachable: ${reason}`, {
        cause: error,
      });
    }
    if (body === undefined) {
      throw new RegistryError('refused', `${url.pathname} is larger than the limit of ${limitBytes} bytes`);
    }
    if (response.statusCode >= 300) throw this.#answerError(url, response.statusCode, body);
    return body;
  }

  #answerError(url: URL, status: number, body: Uint8Array): RegistryError {
    const text = new TextDecoder().decode(body.subarray(0, 4096));
    const { data } = errorSchema.safeParse(safeJson(text));
    const message = `${url.pathname} answered ${status}: ${data?.message || text.slice(0, 200)}`;
    if (status >= 500 || status === 429) return new RegistryError('unreachable', message);
    if (data === undefined) return this.#strangeAnswer(message);
    return new RegistryError(
      data.error_code === 'RESOURCE_DOES_NOT_EXIST' ? 'not_found' : 'refused',
      message,
    );
  }

  /** The answer is not MLflow's. For example, an ingress without a backend answers 404. */
  #strangeAnswer(message: string): RegistryError {
    return new RegistryError(
      'unreachable',
      `MLflow at ${this.#url} is unreachable: the answer is not MLflow's, ${message}`,
    );
  }
}

/** The body, or undefined as soon as it exceeds the limit. */
async function readLimited(
  { body }: Dispatcher.ResponseData,
  limitBytes: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Message of the innermost error, because errors wrap each other. */
function rootMessage(error: unknown): string {
  let root = error;
  while (isNativeError(root) && root.cause !== undefined) root = root.cause;
  return isNativeError(root) ? root.message || root.name : String(root);
}
