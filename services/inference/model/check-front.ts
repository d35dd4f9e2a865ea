import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import { FrontSamples, type SampleRun } from './front-samples.ts';
import { columnFeeds, type GraphFeeds } from './graph-feeds.ts';
import { graphSignature, type TensorSpec } from './graph-signature.ts';
import { graphInputNames } from './input-names.ts';
import { ModelLoadError } from './model-load-error.ts';
import { openSession } from './onnx-session.ts';
import { fieldInputProblems, matrixTensorProblems } from './signature-checks.ts';

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
export async function checkFront(options: FrontOptions): Promise<readonly TensorSpec[]> {
  const { front, externalData, contract } = options;
  const session = await openSession(front, externalData);
  try {
    const { inputs, outputs } = graphSignature(session);
    const { fields } = contract;
    const problems = [
      ...fieldInputProblems(inputs, fields),
      ...outputs.flatMap((output) => matrixTensorProblems(output, fields.length)),
    ];
    if (problems.length > 0) throw new ModelLoadError('SignatureMismatch', problems.join('; '));
    const names = fields.map(({ name }) => name);
    const graphNames = graphInputNames(
      names,
      inputs.map(({ name }) => name),
    );
    const feeds = columnFeeds(names.map((name) => graphNames.get(name) ?? name));
    const samples = new FrontSamples(contract);
    // onnxruntime yields to the event loop before each run.
    for (const run of samples.runs()) await checkRun(session, options, feeds, samples, run);
    return inputs;
  } finally {
    await session.release();
  }
}

async function checkRun(
  session: InferenceSession,
  { contract: { fields }, tensor }: FrontOptions,
  feeds: GraphFeeds,
  samples: FrontSamples,
  { start, rows, columns, matrix: expected }: SampleRun,
): Promise<void> {
  const outputs = await session.run(feeds(columns, 0, rows), [tensor]).catch((error: unknown) => {
    throw mismatch(`the part of the graph that makes ${tensor} fails: ${(error as Error).message}`, error);
  });
  const { data, dims } = outputs[tensor] as Tensor;
  if (data.length !== expected.length) {
    throw mismatch(`tensor ${tensor} has the shape [${dims}] for ${rows} rows of ${fields.length} fields`);
  }
  expected.forEach((value, at) => {
    if (isSame(value, data[at] as number)) return;
    const index = at % fields.length;
    const given = samples.value(start + Math.floor(at / fields.length), index);
    throw mismatch(
      `tensor ${tensor} holds ${data[at]} for ${fields[index]?.name} ${JSON.stringify(given)}, but encoding says ${value}: let the graph make the matrix as encoding says, or correct encoding`,
    );
  });
}

function isSame(one: number, other: number): boolean {
  return one === other || (Number.isNaN(one) && Number.isNaN(other));
}

function mismatch(message: string, cause?: unknown): ModelLoadError {
  return new ModelLoadError('SignatureMismatch', message, { cause });
}
