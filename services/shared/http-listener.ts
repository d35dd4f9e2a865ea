import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, Server as TcpServer } from 'node:net';
import { answerClientError } from './http/client-error.ts';
import type { MessageClasses } from './http/message-classes.ts';
import { urlOfAddress } from './listen-host.ts';
import { OpenConnections } from './open-connections.ts';

const CHECK_MILLISECONDS = 25;
/** Time by which a request head may arrive later than a kept connection would end. */
const HEAD_MARGIN_MILLISECONDS = 5_000;
const REQUEST_MILLISECONDS = 300_000;
/** Slow requests are looked for in this interval, so that each ends soon after its limit. */
const SLOW_REQUEST_CHECK_MILLISECONDS = 10_000;

export interface HttpListenerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Time for which a connection without a request is kept. */
  readonly keepAliveMilliseconds: number;
  /** Classes of the requests and answers. @default Node's */
  readonly messages?: MessageClasses;
}

export interface HttpCloseOptions {
  /** Time for which the listener goes on accepting. Connections that are kept stay open at least as long. */
  readonly drainMilliseconds: number;
  /** Limit for the whole close. What is open then is ended. */
  readonly deadlineMilliseconds: number;
}

/** An HTTP server that listens, and that stops without losing a request of a kept connection. */
export class HttpListener {
  readonly #server: Server;
  readonly #connections: OpenConnections;

  private constructor(server: Server) {
    this.#server = server;
    this.#connections = new OpenConnections(server);
  }

  /** @throws if the address cannot be listened on */
  static async listen(
    app: RequestListener,
    { host, port, keepAliveMilliseconds, messages }: HttpListenerOptions,
  ): Promise<HttpListener> {
    // A balancer may open a connection long before its first request. Node would answer 408 if this limit were less
    // than that of a kept connection.
    const headersTimeout = keepAliveMilliseconds + HEAD_MARGIN_MILLISECONDS;
    const server = createServer(
      {
        keepAliveTimeout: keepAliveMilliseconds,
        headersTimeout,
        requestTimeout: Math.max(REQUEST_MILLISECONDS, headersTimeout),
        connectionsCheckingInterval: SLOW_REQUEST_CHECK_MILLISECONDS,
        ...messages,
      },
      app,
    );
    server.on('clientError', answerClientError);
    const listener = new HttpListener(server);
    server.listen(port, host);
    await once(server, 'listening');
    return listener;
  }

  /** Null once it accepts no more. */
  get address(): AddressInfo | null {
    return this.#server.address() as AddressInfo | null;
  }

  /** For people. Undefined once it accepts no more. */
  get url(): string | undefined {
    return this.address === null ? undefined : urlOfAddress(this.address);
  }

  /** From now on answers say `Connection: close`. The listener goes on accepting. */
  announceClose(): void {
    this.#connections.announceClose();
  }

  /**
   * Announces the close, goes on accepting for the drain time, and then waits for the requests in progress.
   * A client that is between two requests gets time to send the next request, whose answer tells it to leave.
   * @returns how many connections were still open at the deadline
   */
  async close({ drainMilliseconds, deadlineMilliseconds }: HttpCloseOptions): Promise<number> {
    this.announceClose();
    const closed = once(this.#server, 'close');
    const startedAt = performance.now();
    let ended = 0;
    const check = () => {
      const now = performance.now();
      const elapsed = now - startedAt;
      this.#connections.observe(now);
      if (elapsed >= Math.min(drainMilliseconds, deadlineMilliseconds)) {
        this.#refuse();
        this.#connections.endQuiet(now);
      }
      if (elapsed < deadlineMilliseconds) return;
      ended += this.#connections.size;
      this.#connections.endAll();
    };
    const checks = setInterval(check, CHECK_MILLISECONDS);
    check();
    await closed;
    clearInterval(checks);
    // This ends Node's timer that looks for slow requests.
    this.#server.close();
    return ended;
  }

  /** Stops accepting. HTTP's own `close` would also end the kept connections, whose clients may be sending. */
  #refuse(): void {
    if (this.#server.listening) TcpServer.prototype.close.call(this.#server);
  }
}
