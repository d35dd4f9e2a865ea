import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { FakeError } from './fake-error.ts';
import type { FakeStream } from './fake-stream.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import { exceeded, Operations } from './operations.ts';
import { seededRandom } from './random.ts';

export interface KinesisFakeOptions {
  /** @default 1 */
  readonly seed?: number;
  /** @default the system's, milliseconds since the epoch */
  readonly now?: () => number;
  /** @default a free one */
  readonly port?: number;
}

/** A Kinesis in this process that goes wrong as it is told to. Speaks JSON 1.1 over plain HTTP on loopback. */
export class KinesisFake implements AsyncDisposable {
  /** What goes wrong from now on. */
  faults: Faults = NO_FAULTS;
  /** Calls by operation. */
  readonly calls = new Map<string, number>();
  readonly #operations: Operations;
  readonly #random: () => number;
  readonly #server: Server;
  #url = '';

  private constructor(options: KinesisFakeOptions) {
    this.#random = seededRandom(options.seed ?? 1);
    this.#operations = new Operations({
      now: options.now ?? Date.now,
      random: this.#random,
      faults: () => this.faults,
    });
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(options: KinesisFakeOptions = {}): Promise<KinesisFake> {
    const fake = new KinesisFake(options);
    fake.#server.listen(options.port ?? 0, '127.0.0.1');
    await once(fake.#server, 'listening');
    fake.#url = `http://127.0.0.1:${(fake.#server.address() as AddressInfo).port}`;
    return fake;
  }

  get url(): string {
    return this.#url;
  }

  /** As stored, for tests that look or write behind the API's back. */
  stream(name: string): FakeStream {
    const stream = this.#operations.streams.get(name);
    if (!stream) throw new Error(`there is no stream ${name}`);
    return stream;
  }

  createStreams(shards: number, ...names: readonly string[]): void {
    for (const name of names) this.#operations.call('CreateStream', { StreamName: name, ShardCount: shards });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    const operation = String(request.headers['x-amz-target'] ?? '').replace('Kinesis_20131202.', '');
    this.calls.set(operation, (this.calls.get(operation) ?? 0) + 1);
    const { down, resetBefore, resetAfter, delayMilliseconds } = this.faults;
    if (down || this.#random() < resetBefore) return void request.socket.destroy();
    const [status, body] = this.#call(operation, request, Buffer.concat(chunks));
    if (delayMilliseconds > 0) await delay(this.#random() * delayMilliseconds);
    if (this.#random() < resetAfter) return void request.socket.destroy();
    const bytes = Buffer.from(body);
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.1',
      'content-length': bytes.length,
    });
    response.end(bytes);
  }

  #call(operation: string, request: IncomingMessage, body: Buffer): [number, string] {
    try {
      if (!request.headers.authorization?.includes('Signature=')) {
        throw new FakeError('MissingAuthenticationTokenException', 'Missing Authentication Token');
      }
      const isData = operation === 'GetRecords' || operation === 'PutRecords';
      if (isData && this.#random() < this.faults.throttle) throw exceeded('shardId-000000000000', 'any');
      const answer = this.#operations.call(operation, JSON.parse(body.toString() || '{}'));
      return [200, typeof answer === 'string' ? answer : JSON.stringify(answer)];
    } catch (error) {
      if (!(error instanceof FakeError)) throw error;
      return [400, JSON.stringify({ __type: error.type, message: error.message })];
    }
  }
}
