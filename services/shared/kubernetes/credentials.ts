import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Clock } from '../clock.ts';

/** Service account tokens rotate. client-go reads them again at the same interval. */
const REFRESH_MILLISECONDS = 60_000;

interface Access {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/**
 * Credentials and connection pool for requests. `KubeConfig.applySecurityAuthentication` makes a new pool for each
 * request, so every lease renewal would pay for a TLS handshake. This pool lives as long as its certificates.
 */
export class Credentials {
  readonly #kubeConfig: KubeConfig;
  readonly #clock: Clock;
  #access: (Access & { readonly tls: string; readonly at: number }) | undefined;

  constructor(kubeConfig: KubeConfig, clock: Clock) {
    this.#kubeConfig = kubeConfig;
    this.#clock = clock;
  }

  async current(): Promise<Access> {
    const at = this.#clock.monotonic();
    if (this.#access && at - this.#access.at < REFRESH_MILLISECONDS) return this.#access;
    const options: RequestOptions = {};
    if (!this.#isPlain()) await this.#kubeConfig.applyToHTTPSOptions(options);
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const connect = Object.fromEntries(
      Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    const tls = JSON.stringify(connect);
    const previous = this.#access;
    const proxy = this.#kubeConfig.getCurrentCluster()?.proxyUrl;
    const dispatcher = previous?.tls === tls ? previous.dispatcher : createPool(connect, proxy);
    this.#access = { headers: (options.headers ?? {}) as Record<string, string>, dispatcher, tls, at };
    if (previous && previous.dispatcher !== dispatcher) void previous.dispatcher.close();
    return this.#access;
  }

  /** Over plain HTTP, for example to `kubectl proxy`, nobody gets credentials. kubectl sends none either. */
  #isPlain(): boolean {
    return this.#kubeConfig.getCurrentCluster()?.server.startsWith('http:') ?? false;
  }

  /** Ends every connection, watches included. */
  async close(): Promise<void> {
    await this.#access?.dispatcher.destroy();
    this.#access = undefined;
  }
}

/** Uses HTTP/1.1, because one stalled HTTP/2 connection would stall every call. The callers set deadlines. */
function createPool(connect: object, proxy: string | undefined): Dispatcher {
  const limits = { allowH2: false, headersTimeout: 0, bodyTimeout: 0 };
  if (proxy) return new ProxyAgent({ ...limits, uri: proxy, requestTls: connect });
  return new Agent({
    ...limits,
    connect: { keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 5_000, ...connect },
  });
}
