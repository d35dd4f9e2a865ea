import { SignatureV4 } from '@smithy/signature-v4';
import { Pool } from 'undici';
import { streamArnOf } from '../../shared/stream-reference.ts';
import { type Answer, AnswerHandler } from './answer-handler.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { SharedClientOptions } from './create-kinesis-client.ts';
import { KeyedSha256 } from './keyed-sha256.ts';
import type { KinesisEndpoints, RecordOperation } from './kinesis-endpoints.ts';
import type { AssertAllowed } from './stream-client.ts';
import { StreamError } from './stream-error.ts';

const CONNECTIONS = 128;
const SUCCESS = 200;
/** GetRecords gives at most 10 MiB of data, which is 14 MiB in base64. The rest is for keys and sequence numbers. */
const LARGEST_ANSWER_BYTES = 32 * 1024 * 1024;
const LARGEST_ERROR_BYTES = 64 * 1024;

export interface KinesisCall {
  readonly operation: RecordOperation;
  /** Name or ARN. */
  readonly stream: string;
  readonly body: Buffer;
  readonly signal: AbortSignal;
  /** Asked right before the request is sent. @default nobody is asked */
  readonly assertAllowed?: AssertAllowed | undefined;
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
      sha256: KeyedSha256,
      applyChecksum: false,
    });
  }

  /**
   * @param parse gets the JSON text of the response, in UTF-8. The memory is used again once `parse` returns.
   * @throws StreamError; the signal's reason
   */
  async call<Result>(call: KinesisCall, parse: (answer: Buffer) => Result): Promise<Result> {
    const { operation, signal } = call;
    try {
      return await this.#options.credentials.renewing(() => this.#try(call, parse));
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

  async #try<Result>(call: KinesisCall, parse: (answer: Buffer) => Result): Promise<Result> {
    const { statusCode, chunks } = await this.#send(call);
    if (statusCode !== SUCCESS) throw refusalOf(statusCode, Buffer.concat(chunks).toString());
    return this.#joined(chunks, parse);
  }

  #joined<Result>(chunks: readonly Buffer[], parse: (answer: Buffer) => Result): Result {
    const [first, second] = chunks;
    if (first !== undefined && second === undefined) return parse(first);
    const buffer = this.#buffers.take(chunks.reduce((sum, { length }) => sum + length, 0));
    let length = 0;
    for (const chunk of chunks) length += chunk.copy(buffer, length);
    try {
      return parse(buffer.subarray(0, length));
    } finally {
      this.#buffers.give(buffer);
    }
  }

  async #send(call: KinesisCall): Promise<Answer> {
    const { operation, stream, body, signal, assertAllowed } = call;
    const { serviceClock, requestTimeoutMilliseconds } = this.#options;
    const sentAt = serviceClock.sending();
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
      { signingDate: new Date(serviceClock.now()) },
    );
    signal.throwIfAborted();
    const handler = new AnswerHandler({
      signal,
      assertAllowed,
      onDate: (date) => serviceClock.learn(date, sentAt),
      limitBytes: (statusCode) => (statusCode === SUCCESS ? LARGEST_ANSWER_BYTES : LARGEST_ERROR_BYTES),
      // The time-out of undici is for one chunk. A sender of small chunks must not hold the call for longer.
      assertInTime: () => {
        if (serviceClock.sending() - sentAt > requestTimeoutMilliseconds)
          throw new Error(`the answer is not complete after ${requestTimeoutMilliseconds} ms`);
      },
    });
    this.#pool(origin).dispatch({ method: 'POST', path, headers, body }, handler);
    return handler.answer;
  }

  #pool(origin: string): Pool {
    const known = this.#pools.get(origin);
    if (known !== undefined) return known;
    const { connectTimeoutMilliseconds, requestTimeoutMilliseconds } = this.#options;
    const pool = new Pool(origin, {
      connections: CONNECTIONS,
      // Else undici agrees with AWS on HTTP/2, over which a small read costs almost twice the CPU time.
      allowH2: false,
      connect: { timeout: connectTimeoutMilliseconds },
      headersTimeout: requestTimeoutMilliseconds,
      bodyTimeout: requestTimeoutMilliseconds,
    });
    this.#pools.set(origin, pool);
    return pool;
  }
}

/** The error that the service answered with, under the name that the service gave it. */
function refusalOf(statusCode: number, text: string): Error {
  try {
    const {
      __type: type = '',
      message = '',
      Message: other = message,
    } = JSON.parse(text) as Record<string, string>;
    return named(type.split('#').at(-1) || `HTTP ${statusCode}`, other);
  } catch {
    return named(`HTTP ${statusCode}`, text.slice(0, 200));
  }
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
