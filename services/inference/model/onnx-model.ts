import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import { type ColumnMatrix, columnMatrix, packColumns } from './column-matrix.ts';
import type { FeatureColumns } from './feature-columns.ts';
import { columnFeeds, type GraphFeeds, matrixFeeds } from './graph-feeds.ts';
import {
  type GraphSignature,
  graphSignature,
  type NamedTensor,
  type TensorData,
  type TensorSpec,
  type TensorType,
} from './graph-signature.ts';
import { clientInputs, fieldInputs, graphInputNames } from './input-names.ts';
import { type Model, type ModelIdentity, ScoringError } from './model.ts';
import { openSession } from './onnx-session.ts';
import { onnxTensor } from './onnx-tensor.ts';
import { type PositiveColumn, positiveColumn, readPositiveColumn } from './positive-column.ts';
import { RunSize } from './run-size.ts';

/** Severity of onnxruntime's log. */
const FATAL = 4;

export interface OnnxModelOptions {
  readonly graph: Uint8Array;
  /** By the location that the graph names. */
  readonly externalData: ReadonlyMap<string, Uint8Array>;
  readonly identity: ModelIdentity;
  readonly contract: ServingContract | undefined;
  /** Inputs of the whole graph, if `graph` begins behind them at the matrix. */
  readonly graphColumns?: readonly TensorSpec[] | undefined;
  /** Column names of the signature in MLmodel. Empty without a signature. */
  readonly columns: readonly string[];
}

/** What decides over rows of a contract. */
interface Scoring {
  readonly feeds: GraphFeeds;
  readonly outputs: readonly [string];
  readonly positive: PositiveColumn;
}

/** A model that onnxruntime runs on the calling thread. */
export class OnnxModel implements Model {
  readonly identity: ModelIdentity;
  readonly contract: ServingContract | undefined;
  readonly signature: GraphSignature;
  readonly inputs: readonly TensorSpec[];
  readonly #matrix: ColumnMatrix | undefined;
  /** Undefined without a contract. */
  readonly #scoring: Scoring | undefined;
  readonly #runSize = new RunSize();
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession, options: OnnxModelOptions) {
    const { contract, columns, graphColumns } = options;
    this.identity = options.identity;
    this.contract = contract;
    this.signature = graphSignature(session);
    const encoded = contract?.encoding && (graphColumns ?? fieldInputs(contract.fields));
    const inputs = encoded ?? this.signature.inputs;
    const names = inputs.map(({ name }) => name);
    const columnNames = graphInputNames(columns, names);
    const fieldNames = graphInputNames(contract?.fields.map(({ name }) => name) ?? [], names);
    // The fields of a contract name the inputs themselves, so no input is a matrix of columns.
    const mayBeMatrix = contract === undefined && columnNames.size === 0;
    this.#matrix = mayBeMatrix ? columnMatrix(this.signature, columns) : undefined;
    this.#scoring = contract && scoringOf(contract, fieldNames);
    this.inputs = this.#matrix?.columns ?? clientInputs(inputs, fieldNames, columnNames);
    this.#session = session;
  }

  /** @throws Error if onnxruntime cannot read the graph */
  static async create(options: OnnxModelOptions): Promise<OnnxModel> {
    const session = await openSession(options.graph, options.externalData);
    try {
      return new OnnxModel(session, options);
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  async score(features: FeatureColumns, rows: number): Promise<Float32Array> {
    const scoring = this.#contractScoring();
    if (rows <= this.#runSize.rows) return this.#scoreRun(scoring, features, 0, rows);
    // A run holds the event loop, so a larger batch is scored in parts.
    const probabilities = new Float32Array(rows);
    for (let start = 0, end = 0; start < rows; start = end) {
      end = Math.min(start + this.#runSize.rows, rows);
      probabilities.set(await this.#scoreRun(scoring, features, start, end), start);
    }
    return probabilities;
  }

  async inferRows(features: FeatureColumns, rows: number): Promise<readonly NamedTensor[]> {
    return this.#infer(this.#contractScoring().feeds(features, 0, rows));
  }

  async infer(inputs: readonly NamedTensor[]): Promise<readonly NamedTensor[]> {
    const graphInputs = this.#matrix ? [packColumns(this.#matrix, inputs)] : inputs;
    return this.#infer(Object.fromEntries(graphInputs.map((input) => [input.name, onnxTensor(input)])));
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #contractScoring(): Scoring {
    if (this.#scoring !== undefined) return this.#scoring;
    throw new ScoringError(`${this.identity.name} has no serving contract`);
  }

  async #scoreRun(
    { feeds, outputs, positive }: Scoring,
    features: FeatureColumns,
    start: number,
    end: number,
  ): Promise<Float32Array> {
    const rows = end - start;
    const time = runTime();
    const results = await this.#run(feeds(features, start, end), outputs);
    this.#runSize.observe(rows, time());
    return readPositiveColumn(results[outputs[0]] as Tensor, rows, positive);
  }

  async #infer(feeds: Record<string, Tensor>): Promise<readonly NamedTensor[]> {
    const outputs = await this.#run(
      feeds,
      this.signature.outputs.map((output) => output.name),
      // The caller answers the error. onnxruntime would write each to stderr, at the pace of a client.
      { logSeverityLevel: FATAL },
    );
    return this.signature.outputs.map(({ name }) => {
      const { type, dims, data } = outputs[name] as Tensor;
      return { name, type: type as TensorType, shape: dims, data: data as TensorData };
    });
  }

  async #run(
    feeds: Record<string, Tensor>,
    outputs: readonly string[],
    options?: InferenceSession.RunOptions,
  ): Promise<InferenceSession.OnnxValueMapType> {
    try {
      return await this.#session.run(feeds, outputs, options);
    } catch (error) {
      const { name, version } = this.identity;
      throw new ScoringError(`${name} version ${version} failed to score: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

/** Measures, in milliseconds, how long the next run holds the event loop. The run must be started in the same turn. */
function runTime(): () => number {
  let started = performance.now();
  // onnxruntime-node runs the graph in an immediate of its own, which comes directly after this immediate.
  setImmediate(() => {
    started = performance.now();
  });
  return () => performance.now() - started;
}

/** @param graphNames field of the contract to graph input */
function scoringOf(contract: ServingContract, graphNames: ReadonlyMap<string, string>): Scoring {
  const { encoding, fields, output } = contract;
  return {
    feeds: encoding
      ? matrixFeeds(encoding.input)
      : columnFeeds(fields.map(({ name }) => graphNames.get(name) ?? name)),
    outputs: [output],
    positive: positiveColumn(contract),
  };
}
