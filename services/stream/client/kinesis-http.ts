import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';
import { type Dispatcher, Pool } from 'undici';
import type { BufferPool } from './buffer-pool.ts';
import { ClockSkew } from './clock-skew.ts';
import type { StreamClientOptions } from './sdk-stream-client.ts';
import { StreamError } from './stream-error.ts';

const CONNECTIONS = 128;

class Sha256 extends Hash {
  constructor(secret?: ConstructorParameters<typeof Hash>[1]) {
    super('sha256', secret);
  }
}

/** Sends signed calls of the Kinesis JSON protocol. It skips the SDK's middleware and serialisers, which cost most CPU time. */
export class KinesisHttp {
  readonly #pool: Pool;
  readonly #buffers: BufferPool;
  readonly #host: string;
  readonly #protocol: string;
  readonly #signer: SignatureV4;
  readonly #skew = new ClockSkew();

  constructor(options: StreamClientOptions, buffers: BufferPool) {
    const url = new URL(options.endpoint ?? regionalEndpoint(options.region));
    this.#host = url.host;
    this.#protocol = url.protocol;
    this.#buffers = buffers;
    this.#pool = new Pool(url.origin, {
      connections: CONNECTIONS,
      connect: { timeout: options.connectTimeoutMilliseconds },
      headersTimeout: options.requestTimeoutMilliseconds,
      bodyTimeout: options.requestTimeoutMilliseconds,
    });
    this.#signer = new SignatureV4({
      service: 'kinesis',
      region: options.region,
      credentials: defaultProvider(),
      sha256: Sha256,
      applyChecksum: false,
    });
  }

  /**
   * @param parse gets the JSON text of the response, in UTF-8. The memory is used again once `parse` returns.
   * @throws StreamError; the signal's reason
   */
  async call<Result>(
    operation: string,
    body: Buffer,
    signal: AbortSignal,
    parse: (answer: Buffer) => Result,
  ): Promise<Result> {
    try {
      const answer = await this.#send(operation, body, signal);
      const chunks: Buffer[] = [];
      for await (const chunk of answer.body) chunks.push(chunk);
      if (answer.statusCode === 200) return this.#joined(chunks, parse);
      this.#skew.learn(String(answer.headers.date), Date.now());
      const { name, message } = parseError(answer, Buffer.concat(chunks).toString());
      throw StreamError.named(operation, name, message);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof StreamError) throw error;
      const { name, message } = error as Error;
      throw StreamError.named(operation, name, message, error);
    }
  }

  close(): void {
    void this.#pool.destroy();
  }

  #joined<Result>(chunks: readonly Buffer[], parse: (answer: Buffer) => Result): Result {
    const buffer = this.#buffers.take(chunks.reduce((sum, { length }) => sum + length, 0));
    let length = 0;
    for (const chunk of chunks) length += chunk.copy(buffer, length);
    try {
      return parse(buffer.subarray(0, length));
    } finally {
      this.#buffers.give(buffer);
    }
  }

  async #send(operation: string, body: Buffer, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    signal.throwIfAborted();
    const { headers } = await this.#signer.sign(
      {
        method: 'POST',
        protocol: this.#protocol,
        hostname: this.#host,
        path: '/',
        headers: {
          host: this.#host,
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `Kinesis_20131202.${operation}`,
        },
        body,
      },
      { signingDate: new Date(this.#skew.correct(Date.now())) },
    );
    return this.#pool.request({ method: 'POST', path: '/', headers, body, signal });
  }
}

function regionalEndpoint(region: string): string {
  return `https://kinesis.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function parseError(
  { statusCode }: Dispatcher.ResponseData,
  text: string,
): { name: string; message: string } {
  try {
    const {
      __type: type = '',
      message = '',
      Message: other = message,
    } = JSON.parse(text) as Record<string, string>;
    return { name: type.split('#').at(-1) || `HTTP ${statusCode}`, message: other };
  } catch {
    return { name: `HTTP ${statusCode}`, message: text.slice(0, 200) };
  }
}
