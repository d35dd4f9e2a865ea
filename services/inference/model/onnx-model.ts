import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import { type ColumnMatrix, columnMatrix, packColumns } from './column-matrix.ts';
import type { Column } from './feature-cell.ts';
import type { FeatureColumns } from './feature-columns.ts';
import {
  type GraphSignature,
  graphSignature,
  type NamedTensor,
  type TensorData,
  type TensorSpec,
  type TensorType,
} from './graph-signature.ts';
import { clientInputs, graphInputNames } from './input-names.ts';
import { type Model, type ModelIdentity, ScoringError } from './model.ts';
import { onnxTensor } from './onnx-tensor.ts';
import { type PositiveColumn, positiveColumn, readPositiveColumn } from './positive-column.ts';

/** A run blocks the event loop, so a larger batch is scored in parts of this many rows. */
const RUN_LIMIT_ROWS = 256;

/** Severity of onnxruntime's log. */
const FATAL = 4;

export interface OnnxModelOptions {
  readonly graph: Uint8Array;
  /** By the location that the graph names. */
  readonly externalData: ReadonlyMap<string, Uint8Array>;
  readonly identity: ModelIdentity;
  readonly contract: ServingContract | undefined;
  /** Column names of the signature in MLmodel. Empty without a signature. */
  readonly columns: readonly string[];
}

/** A model that onnxruntime runs on the calling thread. */
export class OnnxModel implements Model {
  readonly identity: ModelIdentity;
  readonly contract: ServingContract | undefined;
  readonly signature: GraphSignature;
  readonly inputs: readonly TensorSpec[];
  readonly #matrix: ColumnMatrix | undefined;
  /** Field of the contract to its graph input. */
  readonly #graphNames: ReadonlyMap<string, string>;
  readonly #positive: PositiveColumn;
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession, options: OnnxModelOptions) {
    this.identity = options.identity;
    this.contract = options.contract;
    this.signature = graphSignature(session);
    const { contract, columns } = options;
    const inputs = this.signature.inputs.map(({ name }) => name);
    const columnNames = graphInputNames(columns, inputs);
    this.#graphNames = graphInputNames(contract?.fields.map(({ name }) => name) ?? [], inputs);
    // The fields of a contract name the inputs themselves, so no input is a matrix of columns.
    const mayBeMatrix = contract === undefined && columnNames.size === 0;
    this.#matrix = mayBeMatrix ? columnMatrix(this.signature, columns) : undefined;
    this.#positive = contract === undefined ? { index: 0, width: 1 } : positiveColumn(contract);
    this.inputs = this.#matrix?.columns ?? clientInputs(this.signature.inputs, this.#graphNames, columnNames);
    this.#session = session;
  }

  /** @throws Error if onnxruntime cannot read the graph */
  static async create(options: OnnxModelOptions): Promise<OnnxModel> {
    const session = await InferenceSession.create(options.graph, {
      // Batches are small: to wake a second thread costs more than the thread saves.
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
      // onnxruntime-node 1.30 drops a leading `./` of the path, and then misses the location that has it.
      externalData: [...options.externalData].map(([location, data]) => ({
        path: location.startsWith('./') ? `./${location}` : location,
        data,
      })),
    });
    try {
      return new OnnxModel(session, options);
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  async score(columns: FeatureColumns, rows: number): Promise<Float32Array> {
    const { contract } = this;
    if (contract === undefined) throw new ScoringError(`${this.identity.name} has no serving contract`);
    if (rows <= RUN_LIMIT_ROWS) return this.#scoreRun(contract, columns, 0, rows);
    const probabilities = new Float32Array(rows);
    for (let start = 0; start < rows; start += RUN_LIMIT_ROWS) {
      const end = Math.min(start + RUN_LIMIT_ROWS, rows);
      probabilities.set(await this.#scoreRun(contract, columns, start, end), start);
    }
    return probabilities;
  }

  async infer(inputs: readonly NamedTensor[]): Promise<readonly NamedTensor[]> {
    const graphInputs = this.#matrix ? [packColumns(this.#matrix, inputs)] : inputs;
    const feeds = Object.fromEntries(
      graphInputs.map((input) => [this.#graphNames.get(input.name) ?? input.name, onnxTensor(input)]),
    );
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

  async close(): Promise<void> {
    await this.#session.release();
  }

  async #scoreRun(
    contract: ServingContract,
    { columns }: FeatureColumns,
    start: number,
    end: number,
  ): Promise<Float32Array> {
    const feeds: Record<string, Tensor> = {};
    contract.fields.forEach((field, index) => {
      feeds[this.#graphNames.get(field.name) ?? field.name] = columnTensor(
        columns[index] as Column,
        start,
        end,
      );
    });
    const outputs = await this.#run(feeds, [contract.output]);
    return readPositiveColumn(outputs[contract.output] as Tensor, end - start, this.#positive);
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

function columnTensor(column: Column, start: number, end: number): Tensor {
  const shape = [end - start, 1];
  return column instanceof Float32Array
    ? new Tensor('float32', column.subarray(start, end), shape)
    : new Tensor('string', column.slice(start, end), shape);
}
