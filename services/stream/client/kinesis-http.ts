import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';
import { type Dispatcher, Pool } from 'undici';
import { streamArnOf } from '../../shared/stream-reference.ts';
import { askingFirst } from './asking-handler.ts';
import { isRefusalOfCredentials } from './aws-credentials.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { SharedClientOptions } from './create-kinesis-client.ts';
import type { KinesisEndpoints, RecordOperation } from './kinesis-endpoints.ts';
import type { AssertAllowed } from './stream-client.ts';
import { StreamError } from './stream-error.ts';

const CONNECTIONS = 128;
/** GetRecords gives at most 10 MiB of data, which is 14 MiB in base64. The rest is for keys and sequence numbers. */
const LARGEST_ANSWER_BYTES = 32 * 1024 * 1024;
const LARGEST_ERROR_BYTES = 64 * 1024;

class Sha256 extends Hash {
  constructor(secret?: ConstructorParameters<typeof Hash>[1]) {
    super('sha256', secret);
  }
}

/** Sends signed calls of the Kinesis JSON protocol. It skips the SDK's middleware and serialisers, which cost most CPU time. */
export class KinesisHttp {
  readonly #options: SharedClientOptions;
  readonly #endpoints: KinesisEndpoints;
  readonly #buffers: BufferPool;
  readonly #pools = new Map<string, Pool>();
  readonly #signer: SignatureV4;

  constructor(options: SharedClientOptions, endpoints: KinesisEndpoints, buffers: BufferPool) {
    this.#options = options;
    this.#endpoints = endpoints;
    this.#buffers = buffers;
    this.#signer = new SignatureV4({
      service: 'kinesis',
      region: options.region,
      credentials: options.credentials.provider,
      sha256: Sha256,
      applyChecksum: false,
    });
  }

  /**
   * @param parse gets the JSON text of the response, in UTF-8. The memory is used again once `parse` returns.
   * @param assertAllowed asked right before the request is sent
   * @throws StreamError; the signal's reason
   */
  async call<Result>(
    operation: RecordOperation,
    stream: string,
    body: Buffer,
    signal: AbortSignal,
    parse: (answer: Buffer) => Result,
    assertAllowed?: AssertAllowed,
  ): Promise<Result> {
    try {
      const { credentials } = this.#options;
      const used = await credentials.get();
      let result = await this.#try(operation, stream, body, signal, parse, assertAllowed);
      // Credentials may have been replaced since they were read. Then one more try helps at once.
      const isRefused = 'refusal' in result && isRefusalOfCredentials(result.refusal.name);
      if (isRefused && (await credentials.refused(used))) {
        result = await this.#try(operation, stream, body, signal, parse, assertAllowed);
      }
      if ('parsed' in result) return result.parsed;
      throw StreamError.named(operation, result.refusal.name, result.refusal.message);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof StreamError) throw error;
      const { name, message } = error as Error;
      throw StreamError.named(operation, name, message, error);
    }
  }

  close(): void {
    for (const pool of this.#pools.values()) void pool.destroy();
  }

  async #try<Result>(
    operation: RecordOperation,
    stream: string,
    body: Buffer,
    signal: AbortSignal,
    parse: (answer: Buffer) => Result,
    assertAllowed?: AssertAllowed,
  ): Promise<{ readonly parsed: Result } | { readonly refusal: ServiceRefusal }> {
    const { serviceClock } = this.#options;
    const sentAt = serviceClock.sending();
    const answer = await this.#send(operation, stream, body, signal, assertAllowed);
    serviceClock.learn(answer.headers.date, sentAt);
    const isSuccess = answer.statusCode === 200;
    const chunks = await this.#read(answer, isSuccess ? LARGEST_ANSWER_BYTES : LARGEST_ERROR_BYTES, sentAt);
    if (isSuccess) return { parsed: this.#joined(chunks, parse) };
    return { refusal: parseRefusal(answer, Buffer.concat(chunks).toString()) };
  }

  /** The time-out of undici is for one chunk. A sender of small chunks must not hold the call for longer than all of it may take. */
  async #read({ body }: Dispatcher.ResponseData, limitBytes: number, sentAt: number): Promise<Buffer[]> {
    const { serviceClock, requestTimeoutMilliseconds } = this.#options;
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > limitBytes) throw new Error(`the answer is larger than ${limitBytes} bytes`);
      if (serviceClock.sending() - sentAt > requestTimeoutMilliseconds) {
        throw new Error(`the answer is not complete after ${requestTimeoutMilliseconds} ms`);
      }
    }
    return chunks;
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

  async #send(
    operation: RecordOperation,
    stream: string,
    body: Buffer,
    signal: AbortSignal,
    assertAllowed?: AssertAllowed,
  ): Promise<Dispatcher.ResponseData> {
    signal.throwIfAborted();
    const {
      origin,
      host,
      protocol,
      pathname: path,
    } = await this.#endpoints.of(operation, streamArnOf(stream));
    const { headers } = await this.#signer.sign(
      {
        method: 'POST',
        protocol,
        hostname: host,
        path,
        headers: {
          host,
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `Kinesis_20131202.${operation}`,
        },
        body,
      },
      // AWS refuses a signature that is more than five minutes off, and this machine's clock may be wrong.
      { signingDate: new Date(this.#options.serviceClock.now()) },
    );
    const pool = this.#pool(origin);
    const asking = assertAllowed === undefined ? pool : pool.compose(askingFirst(assertAllowed));
    return asking.request({ method: 'POST', path, headers, body, signal });
  }

  #pool(origin: string): Pool {
    const known = this.#pools.get(origin);
    if (known !== undefined) return known;
    const { connectTimeoutMilliseconds, requestTimeoutMilliseconds } = this.#options;
    const pool = new Pool(origin, {
      connections: CONNECTIONS,
      connect: { timeout: connectTimeoutMilliseconds },
      headersTimeout: requestTimeoutMilliseconds,
      bodyTimeout: requestTimeoutMilliseconds,
    });
    this.#pools.set(origin, pool);
    return pool;
  }
}

/** An error that the service answered with. */
interface ServiceRefusal {
  readonly name: string;
  readonly message: string;
}

function parseRefusal({ statusCode }: Dispatcher.ResponseData, text: string): ServiceRefusal {
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
