import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ContractRow, Field, ServingContract } from '../../shared/contract/serving-contract.ts';
import { FeatureColumns } from './feature-columns.ts';
import { columnFeeds } from './graph-feeds.ts';
import { graphSignature, type TensorSpec } from './graph-signature.ts';
import { graphInputNames } from './input-names.ts';
import { ModelLoadError } from './model-load-error.ts';
import { openSession } from './onnx-session.ts';
import { fieldInputProblems, matrixTensorProblems } from './signature-checks.ts';

/** A run blocks the event loop. */
const RUN_ROWS = 256;

export interface FrontOptions {
  /** The part of the graph from the columns to the matrix. */
  readonly front: Uint8Array;
  readonly externalData: ReadonlyMap<string, Uint8Array>;
  readonly contract: ServingContract;
  /** Tensor of the matrix. */
  readonly tensor: string;
}

/**
 * Checks that the graph itself makes the matrix of its columns as `encoding` says. Other servers run the whole graph, so
 * they would decide differently otherwise.
 * @returns the inputs of the graph
 * @throws ModelLoadError (SignatureMismatch); Error if onnxruntime cannot load that part of the graph
 */
export async function checkFront({
  front,
  externalData,
  contract,
  tensor,
}: FrontOptions): Promise<readonly TensorSpec[]> {
  const session = await openSession(front, externalData);
  try {
    const { inputs, outputs } = graphSignature(session);
    const { fields } = contract;
    const problems = [
      ...fieldInputProblems(inputs, fields),
      ...outputs.flatMap((output) => matrixTensorProblems(output, fields.length)),
    ];
    if (problems.length > 0) throw new ModelLoadError('SignatureMismatch', problems.join('; '));
    const rows = sampleRows(contract);
    for (let start = 0; start < rows.length; start += RUN_ROWS) {
      await checkRows(session, tensor, contract, inputs, rows.slice(start, start + RUN_ROWS));
    }
    return inputs;
  } finally {
    await session.release();
  }
}

/** The golden rows, and rows that together have every value of every string field. */
function sampleRows({ fields, golden }: ServingContract): ContractRow[] {
  const inputs = golden.map(({ input }) => input);
  const values = fields.map((field) => (field.type === 'string' ? field.values.length : 0));
  // After its last value each field is missing.
  const length = 1 + values.reduce((most, count) => Math.max(most, count), 0);
  const made = Array.from({ length }, (_, index) =>
    Object.fromEntries(fields.map((field) => [field.name, sampleValue(field, index, inputs)])),
  );
  return [...inputs, ...made];
}

function sampleValue(field: Field, index: number, inputs: readonly ContractRow[]): string | number | null {
  if (field.type === 'string') return field.values[index] ?? null;
  return inputs[index % (inputs.length + 1)]?.[field.name] ?? null;
}

async function checkRows(
  session: InferenceSession,
  tensor: string,
  contract: ServingContract,
  inputs: readonly TensorSpec[],
  rows: readonly ContractRow[],
): Promise<void> {
  const { fields } = contract;
  const graphNames = graphInputNames(
    fields.map(({ name }) => name),
    inputs.map(({ name }) => name),
  );
  const feeds = columnFeeds(fields.map(({ name }) => graphNames.get(name) ?? name));
  const expected = FeatureColumns.fromRows(contract, rows).matrix as Float32Array;
  const columns = FeatureColumns.fromRows({ fields }, rows);
  const outputs = await session.run(feeds(columns, 0, rows.length), [tensor]).catch((error: unknown) => {
    throw mismatch(`the part of the graph that makes ${tensor} fails: ${(error as Error).message}`, error);
  });
  const { data, dims } = outputs[tensor] as Tensor;
  if (data.length !== expected.length) {
    throw mismatch(
      `tensor ${tensor} has the shape [${dims}] for ${rows.length} rows of ${fields.length} fields`,
    );
  }
  expected.forEach((value, at) => {
    if (isSame(value, data[at] as number)) return;
    const field = fields[at % fields.length] as Field;
    const given = rows[Math.floor(at / fields.length)]?.[field.name] ?? null;
    throw mismatch(
      `tensor ${tensor} holds ${data[at]} for ${field.name} ${JSON.stringify(given)}, but encoding says ${value}: let the graph make the matrix as encoding says, or correct encoding`,
    );
  });
}

function isSame(one: number, other: number): boolean {
  return one === other || (Number.isNaN(one) && Number.isNaN(other));
}

function mismatch(message: string, cause?: unknown): ModelLoadError {
  return new ModelLoadError('SignatureMismatch', message, { cause });
}
