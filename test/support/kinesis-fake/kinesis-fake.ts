import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type Http2ServerRequest } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { streamMember } from '../../../services/shared/stream-reference.ts';
import { EVENT_STREAM_TYPE } from './event-stream.ts';
import { FakeError } from './fake-error.ts';
import { type FakeStream, fakeArn } from './fake-stream.ts';
import { FakeSubscription } from './fake-subscription.ts';
import { FAN_OUT_TIMES, type FanOutTimes } from './fan-out.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import { exceeded, Operations } from './operations.ts';
import { seededRandom } from './random.ts';

export interface KinesisFakeOptions {
  /** @default 1 */
  readonly seed?: number;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
  /** @default a free port */
  readonly port?: number;
  /** Speaks only HTTP/2, as Kinesis does for SubscribeToShard. @default false: only HTTP/1.1 */
  readonly http2?: boolean;
  /** Key and certificate in PEM, for HTTP/1.1 over TLS. Clients must trust the certificate. @default plain HTTP */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer };
  /** @default as on AWS */
  readonly fanOut?: Partial<FanOutTimes>;
}

type FakeRequest = IncomingMessage | Http2ServerRequest;
type FakeResponse = Writable & {
  writeHead(status: number, headers: Readonly<Record<string, string | number>>): unknown;
};

/**
 * A Kinesis in this process, with faults that the test sets. Speaks JSON 1.1 and event streams on loopback.
 */
export class KinesisFake implements AsyncDisposable {
  /** Faults from now on. */
  faults: Faults = NO_FAULTS;
  /** Number of calls so far, by operation. */
  readonly calls = new Map<string, number>();
  readonly #operations: Operations;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #server: Server | Http2Server;
  readonly #sockets = new Set<Socket>();
  #url = '';

  private constructor(options: KinesisFakeOptions) {
    this.#random = seededRandom(options.seed ?? 1);
    this.#now = options.now ?? Date.now;
    this.#operations = new Operations({
      now: this.#now,
      random: this.#random,
      faults: () => this.faults,
      fanOutTimes: { ...FAN_OUT_TIMES, ...options.fanOut },
    });
    const answer = (request: FakeRequest, response: FakeResponse) => void this.#answer(request, response);
    this.#server = serverOf(options, answer);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(options: KinesisFakeOptions = {}): Promise<KinesisFake> {
    const fake = new KinesisFake(options);
    fake.#server.listen(options.port ?? 0, '127.0.0.1');
    await once(fake.#server, 'listening');
    fake.#url = `${options.tls ? 'https' : 'http'}://127.0.0.1:${(fake.#server.address() as AddressInfo).port}`;
    return fake;
  }

  get url(): string {
    return this.#url;
  }

  /** The stream itself, by name or ARN, for tests that read or write past the API. */
  stream(name: string): FakeStream {
    const stream = this.#operations.streams.get(fakeArn(name));
    if (!stream) throw new Error(`there is no stream ${name}`);
    return stream;
  }

  /** By ARN, streams of other accounts can be created too. */
  createStreams(shards: number, ...names: readonly string[]): void {
    for (const name of names) this.#operations.call('CreateStream', { StreamName: name, ShardCount: shards });
  }

  deleteStream(name: string): void {
    this.#operations.call('DeleteStream', streamMember(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: FakeRequest, response: FakeResponse): Promise<void> {
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
    const answer = this.#call(operation, request, Buffer.concat(chunks));
    if (delayMilliseconds > 0) await delay(this.#random() * delayMilliseconds);
    if (this.#random() < resetAfter) return void request.socket.destroy();
    if (answer instanceof FakeSubscription) return this.#push(answer, request, response);
    const bytes = Buffer.from(answer.body);
    response.writeHead(answer.status, {
      'content-type': 'application/x-amz-json-1.1',
      'content-length': bytes.length,
      date: new Date(this.#now()).toUTCString(),
    });
    response.end(bytes);
  }

  #call(
    operation: string,
    request: FakeRequest,
    body: Buffer,
  ): FakeSubscription | { status: number; body: string } {
    try {
      if (!request.headers.authorization?.includes('Signature=')) {
        throw new FakeError('MissingAuthenticationTokenException', 'Missing Authentication Token');
      }
      if (this.faults.denied.includes(operation)) {
        throw new FakeError('AccessDeniedException', `No policy allows the kinesis:${operation} action`);
      }
      const isData = operation === 'GetRecords' || operation === 'PutRecords';
      if (isData && this.#random() < this.faults.throttle) throw exceeded('shardId-000000000000', 'any');
      const input = JSON.parse(body.toString() || '{}');
      if (operation === 'SubscribeToShard') return this.#operations.subscribe(input);
      const answer = this.#operations.call(operation, input);
      return { status: 200, body: typeof answer === 'string' ? answer : JSON.stringify(answer) };
    } catch (error) {
      if (!(error instanceof FakeError)) throw error;
      return { status: 400, body: JSON.stringify({ __type: error.type, message: error.message }) };
    }
  }

  async #push(subscription: FakeSubscription, request: FakeRequest, response: FakeResponse): Promise<void> {
    response.once('close', () => subscription.end());
    const date = new Date(this.#now()).toUTCString();
    response.writeHead(200, { 'content-type': EVENT_STREAM_TYPE, date });
    const frames = Readable.from(this.#faulty(subscription, request), { highWaterMark: 1 });
    // The client may hang up at any time.
    await pipeline(frames, response).catch(() => {});
  }

  async *#faulty(subscription: FakeSubscription, request: FakeRequest): AsyncGenerator<Uint8Array, void> {
    for await (const frame of subscription.frames()) {
      const cut = this.faults.down || this.#random() < this.faults.resetSubscription;
      yield cut ? frame.subarray(0, frame.length / 2) : frame;
      if (!cut) continue;
      await setImmediate();
      return void request.socket.destroy();
    }
  }
}

function serverOf(
  { http2, tls }: KinesisFakeOptions,
  answer: (request: FakeRequest, response: FakeResponse) => void,
): Server | Http2Server {
  if (http2) return createHttp2Server(answer);
  return tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
}
