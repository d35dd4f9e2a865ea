import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';

/** Answers one request. A response that the answer does not end stays open, like a watch. */
export type Answer = (response: ServerResponse, url: URL, request: IncomingMessage) => void;

/** An API server that misbehaves as the test scripts it: each request gets the next answer of its kind. */
export class FakeKubernetesApi implements AsyncDisposable {
  readonly lists: Answer[] = [];
  readonly watches: Answer[] = [];
  /** Requests so far: `list` or `watch`, with the query. */
  readonly requests: { readonly kind: 'list' | 'watch'; readonly url: URL }[] = [];
  readonly kubeConfig = new KubeConfig();
  readonly #server: Server;
  readonly #open = new Set<ServerResponse>();

  private constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://fake');
      const kind = url.searchParams.get('watch') === 'true' ? 'watch' : 'list';
      this.requests.push({ kind, url });
      this.#open.add(response);
      response.on('close', () => this.#open.delete(response));
      const queue = kind === 'watch' ? this.watches : this.lists;
      const answer = queue.length > 1 ? queue.shift() : queue[0];
      if (answer) answer(response, url, request);
    });
  }

  static async start(): Promise<FakeKubernetesApi> {
    const api = new FakeKubernetesApi();
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    const { port } = api.#server.address() as AddressInfo;
    api.kubeConfig.loadFromClusterAndUser(
      { name: 'fake', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
      { name: 'tester' },
    );
    return api;
  }

  count(kind: 'list' | 'watch'): number {
    return this.requests.filter((request) => request.kind === kind).length;
  }

  /** Number of watches that are connected. */
  get openWatches(): number {
    return this.#open.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function listOf(resourceVersion: string, ...items: object[]): Answer {
  return (response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ metadata: { resourceVersion }, items }));
  };
}

/** Sends the events. Then leaves the watch open, or ends the watch as `then` says. */
export function watchOf(events: readonly object[], then?: 'end' | 'reset'): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const event of events) response.write(`${JSON.stringify(event)}\n`);
    if (then === 'end') response.end();
    // A reset drops the data that the kernel still holds. So the reset waits until the data has been sent.
    if (then === 'reset') setImmediate(() => response.socket?.resetAndDestroy());
  };
}

export function refusal(
  code: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ kind: 'Status', code, reason, message: `scripted ${reason}` }));
  };
}

export function thing(
  name: string,
  resourceVersion: string,
  more: object = {},
): { metadata: { name: string; resourceVersion: string } } {
  return { metadata: { name, resourceVersion }, ...more };
}
