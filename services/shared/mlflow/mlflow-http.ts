import { isNativeError } from 'node:util/types';
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import type { Authorisation } from '../credentials/authorisation.ts';
import { CredentialsError } from '../credentials/credential-values.ts';
import { printable } from '../printable.ts';
import { RegistryError } from './registry-error.ts';

export interface MlflowHttpOptions {
  /** Base URL without trailing slash, e.g. `http://mlflow:5000`. */
  readonly url: string;
  /** Time-out of one call, including the download of an artifact. @default 30_000 */
  readonly timeoutMilliseconds?: number;
  /** A larger answer is refused before it is in memory. An artifact has a limit of its own. @default 8 MiB */
  readonly answerLimitBytes?: number;
  /** Called for each request, so that rotated credentials are used. @default no credentials */
  readonly authorise?: () => Authorisation;
}

const ERROR_LIMIT_BYTES = 64 * 1024;

type Call = Pick<Dispatcher.RequestOptions, 'method' | 'body'> & { headers?: Record<string, string> };

/** The message beside the code is not read: whatever a server writes there would end in status, Events and logs. */
const errorSchema = z.object({ error_code: z.string().regex(/^[A-Z][A-Z_]{2,63}$/) });

/**
 * Calls MLflow by its REST conventions: paths, error codes, limits. It follows no redirect.
 * Errors show status and error code, but no text of the answer and no user or password of the URL.
 */
export class MlflowHttp {
  readonly #url: string;
  readonly #timeoutMilliseconds: number;
  readonly #answerLimitBytes: number;
  readonly #authorise: () => Authorisation;

  constructor(options: MlflowHttpOptions) {
    this.#url = options.url;
    this.#timeoutMilliseconds = options.timeoutMilliseconds ?? 30_000;
    this.#answerLimitBytes = options.answerLimitBytes ?? 8 * 1024 * 1024;
    this.#authorise = options.authorise ?? (() => ({ headers: {} }));
  }

  /** Calls `/api/2.0/mlflow/<path>`; `parameters` go into the query of a GET and the body of any other method. */
  async json<Schema extends z.ZodType>(
    schema: Schema,
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    parameters: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<z.output<Schema>> {
    const url = this.#address(`/api/2.0/mlflow/${path}`);
    const call: Call = { method };
    if (method === 'GET') {
      for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, String(value));
    } else {
      call.headers = { 'content-type': 'application/json' };
      call.body = JSON.stringify(parameters);
    }
    return this.#parse(schema, url, await this.#send(url, call, this.#answerLimitBytes, signal));
  }

  async artifactList<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    signal?: AbortSignal,
  ): Promise<z.output<Schema>> {
    const url = this.#address('/api/2.0/mlflow-artifacts/artifacts');
    url.searchParams.set('path', path);
    return this.#parse(schema, url, await this.#send(url, { method: 'GET' }, this.#answerLimitBytes, signal));
  }

  async artifact(path: string, limitBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    const url = this.#address(`/api/2.0/mlflow-artifacts/artifacts/${encoded}`);
    return this.#send(url, { method: 'GET' }, limitBytes, signal);
  }

  #address(path: string): URL {
    const url = URL.parse(`${this.#url}${path}`);
    if (url !== null) return url;
    throw new RegistryError('refused', 'the URL of MLflow is not valid; check its host and port');
  }

  #parse<Schema extends z.ZodType>(schema: Schema, url: URL, body: Uint8Array): z.output<Schema> {
    const json = safeJson(new TextDecoder().decode(body));
    if (json === undefined) throw this.#strangeAnswer(url, `${url.pathname} gave an answer that is not JSON`);
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    const message = `${url.pathname} gave an answer that is not MLflow's`;
    throw new RegistryError('refused', message, { cause: parsed.error });
  }

  /** Uses undici's `request`, because `fetch` costs more CPU time for every poll. */
  async #send(url: URL, call: Call, limitBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    const { headers, dispatcher } = this.#authorisation();
    const timeout = AbortSignal.timeout(this.#timeoutMilliseconds);
    const merged = signal ? AbortSignal.any([signal, timeout]) : timeout;
    let response: Dispatcher.ResponseData;
    let body: Uint8Array | undefined;
    try {
      response = await request(url, {
        ...call,
        headers: { ...call.headers, ...headers },
        signal: merged,
        ...(dispatcher === undefined ? {} : { dispatcher }),
      });
      if (response.statusCode >= 300) {
        const start = await readStart(response, ERROR_LIMIT_BYTES);
        throw this.#answerError(url, response.statusCode, start);
      }
      body = await readLimited(response, limitBytes);
    } catch (error) {
      if (error instanceof RegistryError) throw error;
      signal?.throwIfAborted();
      const reason = timeout.aborted
        ? `no answer within ${this.#timeoutMilliseconds} ms`
        : rootMessage(error);
      throw new RegistryError('unreachable', `MLflow at ${url.origin} is unreachable: ${reason}`, {
        cause: error,
      });
    }
    if (body === undefined) {
      throw new RegistryError('refused', `${url.pathname} is larger than the limit of ${limitBytes} bytes`);
    }
    return body;
  }

  #authorisation(): Authorisation {
    try {
      return this.#authorise();
    } catch (error) {
      if (!(error instanceof CredentialsError)) throw error;
      const message = `the credentials for MLflow are not usable: ${error.message}`;
      throw new RegistryError('unreachable', message, { cause: error });
    }
  }

  #answerError(url: URL, status: number, body: Uint8Array): RegistryError {
    const { data } = errorSchema.safeParse(safeJson(new TextDecoder().decode(body)));
    const code = data === undefined ? '' : ` ${data.error_code}`;
    const hint = [401, 403].includes(status) ? '; check the credentials for this server' : '';
    const message = `${url.pathname} answered ${status}${code}${hint}`;
    if (status >= 500 || status === 429) return new RegistryError('unreachable', message);
    if (data === undefined) return this.#strangeAnswer(url, message);
    return new RegistryError(
      data.error_code === 'RESOURCE_DOES_NOT_EXIST' ? 'not_found' : 'refused',
      message,
    );
  }

  /** The answer is not MLflow's. For example, an ingress without a backend answers 404. */
  #strangeAnswer(url: URL, message: string): RegistryError {
    return new RegistryError(
      'unreachable',
      `MLflow at ${url.origin} is unreachable: the answer is not MLflow's, ${message}`,
    );
  }
}

/** The body, or undefined as soon as it exceeds the limit. A body of known length is in memory once. */
async function readLimited(
  { headers, body }: Dispatcher.ResponseData,
  limitBytes: number,
): Promise<Uint8Array | undefined> {
  const declared = Number(headers['content-length'] ?? Number.NaN);
  let whole = Buffer.alloc(declared >= 0 && declared <= limitBytes ? declared : 0);
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    const needed = length + chunk.length;
    if (needed > limitBytes) return undefined;
    if (needed > whole.length) {
      const larger = Buffer.alloc(Math.min(Math.max(needed, 2 * whole.length), limitBytes));
      larger.set(whole.subarray(0, length));
      whole = larger;
    }
    whole.set(chunk, length);
    length = needed;
  }
  return whole.subarray(0, length);
}

/** At most the first `limitBytes` of the body. */
async function readStart({ body }: Dispatcher.ResponseData, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= limitBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, limitBytes);
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
  return printable(isNativeError(root) ? root.message || root.name : String(root));
}
