import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A port on loopback that leads to a server while the gate is open. A closed gate refuses connections, as if the server
 * were down.
 */
export class TcpGate implements AsyncDisposable {
  readonly #port: number;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  /** The gate is closed at first. */
  constructor(port: number, targetUrl: string) {
    this.#port = port;
    this.#target = new URL(targetUrl);
  }

  async open(): Promise<void> {
    this.#server = createServer((inner) => {
      const outer = connect(Number(this.#target.port), this.#target.hostname);
      for (const socket of [inner, outer]) {
        this.#sockets.add(socket);
        socket.once('close', () => {
          this.#sockets.delete(socket);
          inner.destroy();
          outer.destroy();
        });
        socket.on('error', () => {});
      }
      inner.pipe(outer).pipe(inner);
    }).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)));
    this.#server = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
