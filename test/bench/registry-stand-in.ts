import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An MLflow server that counts its requests. The alias of every model names version 1 until it is moved. */
export class RegistryStandIn implements AsyncDisposable {
  /** Version that the alias names, by model. */
  readonly moved = new Map<string, string>();
  requests = 0;
  /** True while it takes requests and answers none of them. */
  hangs = false;
  url = '';
  #server: Server | undefined;

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      this.requests++;
      request.resume();
      if (this.hangs) return;
      const name = new URL(request.url ?? '/', 'http://registry').searchParams.get('name') ?? '';
      const aliases = [{ alias: 'champion', version: this.moved.get(name) ?? '1' }];
      response.end(JSON.stringify({ registered_model: { aliases } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}
