import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Authority } from './authority.ts';
import { type AwsCall, type AwsIntent, type CalledAccount, signedService } from './aws-call.ts';
import { type Answer, denial } from './denial.ts';
import type { AccessRequest } from './evaluate.ts';
import { intentOf } from './intent.ts';
import { KinesisIntents } from './kinesis-intent.ts';

/** Larger than any request of the tests. */
const LONGEST_BODY = 64 * 1024 * 1024;

export interface SeenCall {
  readonly service: string | undefined;
  readonly intent: AwsIntent;
  /** The first request that the role may not make. Undefined: the call went on to the emulator. */
  readonly denied: AccessRequest | undefined;
}

export interface EnforcingProxyOptions {
  readonly account: CalledAccount;
  readonly authority: Authority;
  /** URL of the emulator of each service. A call to another service gets an empty answer, if it is allowed. */
  readonly emulators: Readonly<Record<string, string>>;
}

/**
 * Stands on loopback before emulators, which allow everything. It answers as AWS does if the policies of a role do not
 * allow a call, and remembers every call.
 */
export class EnforcingProxy implements AsyncDisposable {
  readonly calls: SeenCall[] = [];
  /** Parts of these objects arrive damaged, so S3 does not take them. */
  damaged: readonly string[] = [];
  readonly #options: EnforcingProxyOptions;
  readonly #kinesis: KinesisIntents;
  readonly #server: Server;

  private constructor(options: EnforcingProxyOptions) {
    this.#options = options;
    this.#kinesis = new KinesisIntents(options.account);
    this.#server = createServer((incoming, response) => {
      this.#handle(incoming, response).catch((error: Error) => {
        // The client may have left. Else it must see that the proxy failed, not AWS.
        if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
        response.end(`the proxy failed: ${error.message}`);
      });
    });
  }

  static async start(options: EnforcingProxyOptions): Promise<EnforcingProxy> {
    const proxy = new EnforcingProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What the role asked for and may do. */
  get allowed(): readonly AccessRequest[] {
    return this.calls.filter(({ denied }) => denied === undefined).flatMap(({ intent }) => intent.requests);
  }

  get denied(): readonly AccessRequest[] {
    return this.calls.flatMap(({ denied }) => denied ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const call: AwsCall = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: await bodyOf(incoming),
    };
    const { account, authority, emulators } = this.#options;
    const service = signedService(call);
    const intent = service === 'kinesis' ? this.#kinesis.intentOf(call) : intentOf(call, account);
    const denied = intent.requests.find((it) => authority.decide(it) !== 'allowed');
    this.calls.push({ service, intent, denied });
    if (denied) return answer(response, denial(service, authority.caller, intent, denied));
    if (this.#isDamaged(intent)) return answer(response, DAMAGED);
    const emulator = emulators[service ?? ''];
    if (emulator === undefined) return answer(response, service === 'cloudformation' ? EMPTY_XML : EMPTY);
    await this.#pass(call, emulator, intent, response);
  }

  #isDamaged({ operation, requests }: AwsIntent): boolean {
    return operation === 'UploadPart' && requests.some(({ resource }) => this.damaged.includes(resource));
  }

  async #pass(call: AwsCall, emulator: string, intent: AwsIntent, response: ServerResponse): Promise<void> {
    const { hostname, port } = new URL(emulator);
    const { 'transfer-encoding': _, connection: __, expect: ___, ...headers } = call.headers;
    const outgoing = request({
      hostname,
      port,
      method: call.method,
      path: call.path,
      headers: { ...headers, 'content-length': call.body.length },
    });
    // A subscription ends when its reader leaves.
    response.once('close', () => outgoing.destroy());
    outgoing.end(call.body);
    const [answered] = (await once(outgoing, 'response')) as [IncomingMessage];
    const status = answered.statusCode ?? 502;
    if (this.#kinesis.hasTokens(intent)) {
      // The client may use a token as soon as it has the answer.
      const content = await buffer(answered);
      if (status === 200) this.#kinesis.learn(intent, content);
      response.writeHead(status, answered.headers).end(content);
      return;
    }
    response.writeHead(status, answered.headers);
    answered.pipe(response);
  }
}

const EMPTY_XML: Answer = { status: 200, contentType: 'text/xml', body: '<Response/>' };
const EMPTY: Answer = { status: 200, contentType: 'application/json', body: '{}' };
const DAMAGED: Answer = {
  status: 400,
  contentType: 'application/xml',
  body: '<Error><Code>BadDigest</Code><Message>The part is damaged</Message></Error>',
};

function answer(response: ServerResponse, { status, contentType, body }: Answer): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { 'content-type': contentType, 'content-length': length }).end(body);
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_BODY) throw new Error(`the request has more than ${LONGEST_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
