import type { KubeConfig } from '@kubernetes/client-node';
import { type Dispatcher, request } from 'undici';
import { type Clock, systemClock } from '../clock.ts';
import { withoutTrailingSlashes } from '../trailing-slashes.ts';
import { Credentials } from './credentials.ts';
import { KubernetesError } from './kubernetes-error.ts';
import type { KubernetesObject, Status, WatchEvent } from './objects.ts';

export interface KubernetesClientOptions {
  readonly kubeConfig: KubeConfig;
  /** Time-out of one call. A watch has no time-out. @default 10_000 */
  readonly timeoutMilliseconds?: number;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Learns the time of the API server from its answers. */
  readonly serverTime?: ServerTime;
}

/** Takes the `Date` header of each answer. */
export interface ServerTime {
  /** Monotonic time to give to `learn` once the answer is there. */
  sending(): number;
  learn(date: unknown, sentAt: number): void;
}

export interface ObjectList<T extends KubernetesObject> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * The verbs of the Kubernetes API over plain JSON objects and resource paths such as
 * `/apis/coordination.k8s.io/v1/namespaces/default/leases/shard-0`.
 * Every call throws KubernetesError if it fails, or the signal's reason once `signal` has aborted.
 */
export class KubernetesClient {
  readonly #server: string;
  readonly #credentials: Credentials;
  readonly #timeoutMilliseconds: number;
  readonly #serverTime: ServerTime | undefined;

  constructor(options: KubernetesClientOptions) {
    const server = options.kubeConfig.getCurrentCluster()?.server;
    if (server === undefined) throw new Error('the kubeconfig has no current cluster; set current-context');
    this.#server = withoutTrailingSlashes(server);
    this.#credentials = new Credentials(options.kubeConfig, options.clock ?? systemClock);
    this.#timeoutMilliseconds = options.timeoutMilliseconds ?? 10_000;
    this.#serverTime = options.serverTime;
  }

  get<T extends KubernetesObject>(path: string, signal?: AbortSignal): Promise<T> {
    return this.#json<T>('GET', path, { signal });
  }

  list<T extends KubernetesObject>(
    path: string,
    query: Query = {},
    signal?: AbortSignal,
  ): Promise<ObjectList<T>> {
    return this.#json<ObjectList<T>>('GET', path, { query, signal });
  }

  /** POST to a collection. */
  create<T extends KubernetesObject>(path: string, object: T, signal?: AbortSignal): Promise<T> {
    return this.#json<T>('POST', path, { body: object, signal });
  }

  /** PUT. If the object has a resourceVersion, a stale version fails with reason `Conflict`. */
  replace<T extends KubernetesObject>(path: string, object: T, signal?: AbortSignal): Promise<T> {
    return this.#json<T>('PUT', path, { body: object, signal });
  }

  /** JSON merge patch. If the patch has `metadata.resourceVersion`, a stale version fails with reason `Conflict`. */
  merge<T extends KubernetesObject>(path: string, patch: object, signal?: AbortSignal): Promise<T> {
    return this.#json<T>('PATCH', path, { body: patch, contentType: 'application/merge-patch+json', signal });
  }

  /** Server-side apply of exactly the given fields. `fieldManager` then owns them, and takes them from other managers. */
  apply<T extends KubernetesObject>(
    path: string,
    object: object,
    fieldManager: string,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.#json<T>('PATCH', path, {
      body: object,
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager, force: true },
      signal,
    });
  }

  /**
   * Deletes an object, and its dependents in the background. A stale `resourceVersion` fails with reason `Conflict`.
   * A missing object fails with reason `NotFound`. `gracePeriodSeconds` 0 removes a pod whose process has ended.
   */
  async delete(
    path: string,
    signal?: AbortSignal,
    resourceVersion?: string,
    gracePeriodSeconds?: number,
  ): Promise<void> {
    const preconditions = resourceVersion === undefined ? {} : { preconditions: { resourceVersion } };
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      gracePeriodSeconds,
      ...preconditions,
    };
    await this.#json('DELETE', path, { body, signal });
  }

  /** The events of a watch, until the server ends the watch. Throws if the connection breaks. */
  async *watch<T extends KubernetesObject>(
    path: string,
    query: Query,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const response = await this.#send('GET', path, { query: { ...query, watch: true }, signal });
    try {
      for await (const line of lines(response.body)) yield JSON.parse(line) as WatchEvent<T>;
    } catch (error) {
      throw this.#unreachable(`GET ${path}`, error, signal);
    }
  }

  /** Ends every connection, watches included. */
  close(): Promise<void> {
    return this.#credentials.close();
  }

  async #json<T>(method: Method, path: string, call: Call): Promise<T> {
    const timeout = AbortSignal.timeout(this.#timeoutMilliseconds);
    const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
    try {
      const response = await this.#send(method, path, { ...call, signal });
      return (await response.body.json()) as T;
    } catch (error) {
      throw this.#unreachable(`${method} ${path}`, error, call.signal);
    }
  }

  async #send(method: Method, path: string, call: Call): Promise<Dispatcher.ResponseData> {
    const { headers, dispatcher } = await this.#credentials.current();
    const url = new URL(this.#server + path);
    for (const [key, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    const sentAt = this.#serverTime?.sending();
    const response = await request(url, {
      dispatcher,
      method,
      headers: {
        ...headers,
        accept: 'application/json',
        'content-type': call.contentType ?? 'application/json',
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal: call.signal ?? null,
    });
    if (sentAt !== undefined) this.#serverTime?.learn(response.headers.date, sentAt);
    if (response.statusCode < 400) return response;
    const text = await response.body.text();
    const retryAfter = [response.headers['retry-after']].flat()[0];
    throw KubernetesError.ofStatus(`${method} ${path}`, response.statusCode, parseStatus(text), retryAfter);
  }

  #unreachable(call: string, error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (error instanceof KubernetesError) return error;
    const detail = causeText(error);
    return new KubernetesError(`${call} got no answer from ${this.#server}: ${detail}`, {
      status: 0,
      reason: 'Unreachable',
      detail,
      cause: error,
    });
  }
}

interface Call {
  readonly query?: Query;
  readonly body?: object;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

/** If a name has several addresses, their errors are in one error without a message. It has a code. */
function causeText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((part) => part !== '');
  }
}

function parseStatus(text: string): Status {
  try {
    return JSON.parse(text) as Status;
  } catch {
    return { message: text.slice(0, 200) };
  }
}
