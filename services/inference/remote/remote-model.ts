import { Pool } from 'undici';
import { z } from 'zod';
import { modelReadyPath, modelVersionPath } from '../../shared/agreements/http-paths.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import { printable } from '../../shared/printable.ts';
import { JSON_LENGTH_HEADER } from '../http/tensor/binary-data.ts';
import { DATATYPES, elementsOf } from '../http/tensor/datatype.ts';
import type { FeatureColumns } from '../model/feature-columns.ts';
import type { GraphSignature, NamedTensor, TensorSpec, TensorType } from '../model/graph-signature.ts';
import { type Model, type ModelIdentity, RemoteUnavailableError, ScoringError } from '../model/model.ts';
import { positiveColumn, readPositiveColumn } from '../model/positive-column.ts';
import { inferenceBody } from './remote-rows.ts';

/** Time for one answer. A batch of the stream waits for the answer. */
const ANSWER_MILLISECONDS = 1_000;
/** After a request without an answer the next requests fail at once, so that batches do not wait again and again. */
const PAUSE_MILLISECONDS = 5_000;
const CONNECTIONS = 4;
const METADATA_BYTES = 1024 * 1024;
/** Bytes of an answer beside the values: its JSON. */
const ANSWER_HEAD_BYTES = 64 * 1024;
const BYTES_PER_VALUE = 8;

const TYPES = new Map<string, TensorType>(
  Object.entries(DATATYPES).map(([type, datatype]) => [datatype, type as TensorType]),
);

const tensorSchema = z.object({
  name: z.string(),
  datatype: z.string().transform((datatype, { addIssue }) => {
    const type = TYPES.get(datatype);
    if (type !== undefined) return type;
    addIssue(`${printable(datatype)} is no datatype`);
    return z.NEVER;
  }),
  shape: z.array(z.int()),
});

const metadataSchema = z.object({
  inputs: z.array(tensorSchema),
  outputs: z.array(tensorSchema),
});

const answerSchema = z.object({
  outputs: z
    .array(
      z.object({
        name: z.string(),
        datatype: z.enum(['FP32', 'FP64']),
        shape: z.array(z.int().min(0)),
        parameters: z.object({ binary_data_size: z.int().min(0) }),
      }),
    )
    .length(1),
});

export interface RemoteModelOptions {
  /** URL of the service whose pods have loaded the version, without a trailing slash. */
  readonly url: string;
  readonly identity: ModelIdentity;
  readonly contract: ServingContract;
  readonly clock: Clock;
  /** @default 1,000 ms */
  readonly answerMilliseconds?: number;
}

/**
 * A model that runs in other pods, which answer by the Open Inference Protocol. A model that crashes its process takes
 * no pod of the stream down with it.
 */
export class RemoteModel implements Model {
  readonly identity: ModelIdentity;
  readonly contract: ServingContract;
  readonly signature: GraphSignature;
  readonly inputs: readonly TensorSpec[];
  readonly #options: RemoteModelOptions;
  readonly #pool: Pool;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  private constructor(options: RemoteModelOptions, pool: Pool, signature: GraphSignature) {
    this.identity = options.identity;
    this.contract = options.contract;
    this.signature = signature;
    this.inputs = signature.inputs;
    this.#options = options;
    this.#pool = pool;
  }

  /** @throws RemoteUnavailableError if no pod has loaded the version yet */
  static async open(options: RemoteModelOptions): Promise<RemoteModel> {
    const { url, identity } = options;
    const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
    try {
      await get(pool, modelReadyPath(identity.name, identity.version), options);
      const text = await get(pool, modelVersionPath(identity.name, identity.version), options);
      const { inputs, outputs } = metadataSchema.parse(JSON.parse(text.toString('utf8')));
      return new RemoteModel(options, pool, { inputs: inputs.map(specOf), outputs: outputs.map(specOf) });
    } catch (error) {
      await pool.destroy();
      if (error instanceof RemoteUnavailableError) throw error;
      throw new RemoteUnavailableError(`${url} gave no metadata: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async score(features: FeatureColumns, rows: number): Promise<Float32Array> {
    const output = await this.#infer(features, rows);
    const { shape: dims, data } = output;
    return readPositiveColumn(
      { dims, data: data as Float32Array | Float64Array },
      rows,
      positiveColumn(this.contract),
    );
  }

  /** Only the output of the contract. */
  async inferRows(features: FeatureColumns, rows: number): Promise<readonly NamedTensor[]> {
    return [await this.#infer(features, rows)];
  }

  infer(): Promise<readonly NamedTensor[]> {
    return Promise.reject(new ScoringError('a model in other pods takes only rows of its contract'));
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #infer(features: FeatureColumns, rows: number): Promise<NamedTensor> {
    const { clock, url } = this.#options;
    if (clock.monotonic() < this.#pausedUntil) throw new RemoteUnavailableError(`${url} does not answer`);
    try {
      return await this.#ask(features, rows);
    } catch (error) {
      // An answer, also one that refuses, says nothing against the next request.
      if (!(error instanceof RemoteUnavailableError)) throw error;
      this.#pausedUntil = clock.monotonic() + PAUSE_MILLISECONDS;
      throw error;
    }
  }

  async #ask(features: FeatureColumns, rows: number): Promise<NamedTensor> {
    const { name, version } = this.identity;
    const { json, data } = inferenceBody(this.contract, features, rows);
    const answer = await ask(this.#pool, this.#options, {
      method: 'POST',
      path: `${modelVersionPath(name, version)}/infer`,
      headers: { 'content-type': 'application/octet-stream', [JSON_LENGTH_HEADER]: String(json.length) },
      body: Buffer.concat([json, ...data]),
      limitBytes: ANSWER_HEAD_BYTES + rows * BYTES_PER_VALUE * positiveColumn(this.contract).width,
    });
    if (answer.status !== 200) {
      const told = printable(answer.body.toString('utf8'));
      throw new ScoringError(`${name} version ${version} failed to score: ${told}`);
    }
    return this.#read(answer.body, answer.jsonLength);
  }

  #read(body: Buffer, jsonLength: string | undefined): NamedTensor {
    const { name, version } = this.identity;
    try {
      const length = z.coerce.number().int().min(1).max(body.length).parse(jsonLength);
      const [output] = answerSchema.parse(JSON.parse(body.toString('utf8', 0, length))).outputs;
      if (output === undefined) throw new Error('no output');
      const { datatype, shape, parameters } = output;
      const type = datatype === 'FP32' ? 'float32' : 'float64';
      const bytes = body.subarray(length, length + parameters.binary_data_size);
      return { name: output.name, type, shape, data: elementsOf(type, bytes) };
    } catch (error) {
      throw new ScoringError(
        `${name} version ${version}: the answer cannot be read: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
  }
}

function specOf({ name, datatype, shape }: z.output<typeof tensorSchema>): TensorSpec {
  return { name, type: datatype, shape, dimensionNames: shape.map(() => undefined) };
}

async function get(pool: Pool, path: string, options: RemoteModelOptions): Promise<Buffer> {
  const { status, body } = await ask(pool, options, { method: 'GET', path, limitBytes: METADATA_BYTES });
  if (status === 200) return body;
  const { name, version } = options.identity;
  throw new RemoteUnavailableError(
    `${options.url} has not loaded ${name} version ${version}: HTTP ${status}`,
  );
}

interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly limitBytes: number;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly jsonLength: string | undefined;
}

/** @throws RemoteUnavailableError if there is no whole answer in time, or if it is too large */
async function ask(
  pool: Pool,
  { url, answerMilliseconds = ANSWER_MILLISECONDS }: RemoteModelOptions,
  { method, path, headers = {}, body, limitBytes }: Question,
): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(answerMilliseconds);
    const answer = await pool.request({ method, path, headers, body: body ?? null, signal });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      // Leaving the loop ends the answer.
      if (size > limitBytes) throw new Error(`the answer has more than ${limitBytes} bytes`);
      chunks.push(chunk);
    }
    const jsonLength = answer.headers[JSON_LENGTH_HEADER.toLowerCase()];
    return {
      status: answer.statusCode,
      body: Buffer.concat(chunks, size),
      jsonLength: typeof jsonLength === 'string' ? jsonLength : undefined,
    };
  } catch (error) {
    throw new RemoteUnavailableError(`${url} does not answer: ${(error as Error).message}`, { cause: error });
  }
}
