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
import { type PositiveColumn, positiveColumn, readPositiveColumn } from '../model/positive-column.ts';
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

const readySchema = z.object({ digest: z.string() });

/** How the service answers if the graph itself fails on the rows. */
const failureSchema = z.object({ error: z.string() });

const answerSchema = z.object({
  model_name: z.string(),
  model_version: z.string(),
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
  readonly #positive: PositiveColumn;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** Time that failed answers took, since the monotonic time `since`. */
  #failed = { since: Number.NEGATIVE_INFINITY, milliseconds: 0 };

  private constructor(options: RemoteModelOptions, pool: Pool, signature: GraphSignature) {
    this.identity = options.identity;
    this.contract = options.contract;
    this.signature = signature;
    this.inputs = signature.inputs;
    this.#options = options;
    this.#pool = pool;
    this.#positive = positiveColumn(options.contract);
  }

  /** @throws RemoteUnavailableError if no pod has loaded the version yet. It costs less than to download the files first. */
  static async askReady(url: string, model: string, version: string): Promise<void> {
    const pool = new Pool(url, { connections: 1 });
    try {
      await get(pool, modelReadyPath(model, version), { url, identity: { name: model, version } });
    } finally {
      await pool.destroy();
    }
  }

  /** @throws RemoteUnavailableError if no pod has loaded the version with these files yet */
  static async open(options: RemoteModelOptions): Promise<RemoteModel> {
    const { url, identity } = options;
    const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
    try {
      const ready = await get(pool, modelReadyPath(identity.name, identity.version), options);
      const { digest } = readySchema.parse(JSON.parse(ready.toString('utf8')));
      if (digest !== identity.digest) throw new Error(`its files have ${printable(digest)}`);
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
    return readPositiveColumn({ dims, data: data as Float32Array | Float64Array }, rows, this.#positive);
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
    const started = clock.monotonic();
    if (started < this.#pausedUntil) throw new RemoteUnavailableError(`${url} does not answer`);
    try {
      return await this.#ask(features, rows);
    } catch (error) {
      const unavailable = error instanceof RemoteUnavailableError;
      if (unavailable || this.#failSlowly(started))
        this.#pausedUntil = clock.monotonic() + PAUSE_MILLISECONDS;
      throw error;
    }
  }

  /**
   * Whether failed answers took more time than one answer may. A batch is halved until the failing rows are alone, so it
   * waits for many answers.
   */
  #failSlowly(started: number): boolean {
    const { clock, answerMilliseconds = ANSWER_MILLISECONDS } = this.#options;
    const { since, milliseconds } = this.#failed;
    const isOver = started - since > PAUSE_MILLISECONDS;
    const took = clock.monotonic() - started;
    this.#failed = isOver
      ? { since: started, milliseconds: took }
      : { since, milliseconds: milliseconds + took };
    return this.#failed.milliseconds > answerMilliseconds;
  }

  async #ask(features: FeatureColumns, rows: number): Promise<NamedTensor> {
    const { name, version } = this.identity;
    const { json, data } = inferenceBody(this.contract, features, rows);
    const answer = await ask(this.#pool, this.#options, {
      method: 'POST',
      path: `${modelVersionPath(name, version)}/infer`,
      headers: { 'content-type': 'application/octet-stream', [JSON_LENGTH_HEADER]: String(json.length) },
      body: Buffer.concat([json, ...data]),
      limitBytes: ANSWER_HEAD_BYTES + rows * BYTES_PER_VALUE * this.#positive.width,
    });
    if (answer.status !== 200) throw this.#refusal(answer);
    return this.#read(answer, rows);
  }

  /** Only an answer that says that the graph failed speaks about the rows. Any other refusal is about the pods. */
  #refusal({ status, body }: Answer): ScoringError {
    const { name, version } = this.identity;
    const told = parsed(failureSchema, body)?.error ?? '';
    if (status === 500 && told.startsWith(`${name} version ${version} failed to score`)) {
      return new ScoringError(printable(told));
    }
    return new RemoteUnavailableError(`${this.#options.url} answered HTTP ${status}: ${printable(told)}`);
  }

  #read({ body, jsonLength }: Answer, rows: number): NamedTensor {
    const { name, version } = this.identity;
    try {
      const length = z.coerce.number().int().min(1).max(body.length).parse(jsonLength);
      const answer = answerSchema.parse(JSON.parse(body.toString('utf8', 0, length)));
      const [output] = answer.outputs;
      if (answer.model_name !== name || answer.model_version !== version)
        throw new Error('another model answered');
      if (output?.name !== this.contract.output) throw new Error('another output answered');
      const { datatype, shape, parameters } = output;
      if (shape[0] !== rows) throw new Error(`it has ${shape[0]} rows, and ${rows} were asked for`);
      const type = datatype === 'FP32' ? 'float32' : 'float64';
      const bytes = body.subarray(length, length + parameters.binary_data_size);
      return { name: output.name, type, shape, data: elementsOf(type, bytes) };
    } catch (error) {
      throw new RemoteUnavailableError(
        `${name} version ${version}: the answer cannot be read: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }
}

function parsed<T>(schema: z.ZodType<T>, body: Buffer): T | undefined {
  try {
    return schema.parse(JSON.parse(body.toString('utf8')));
  } catch {
    // A proxy may answer with a page.
    return undefined;
  }
}

function specOf({ name, datatype, shape }: z.output<typeof tensorSchema>): TensorSpec {
  return { name, type: datatype, shape, dimensionNames: shape.map(() => undefined) };
}

/** Where an answer comes from. */
interface Place {
  readonly url: string;
  readonly identity: Pick<ModelIdentity, 'name' | 'version'>;
  readonly answerMilliseconds?: number;
}

async function get(pool: Pool, path: string, options: Place): Promise<Buffer> {
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
  { url, answerMilliseconds = ANSWER_MILLISECONDS }: Place,
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
