import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import { checkFront } from './check-front.ts';
import type { TensorSpec } from './graph-signature.ts';
import { ModelLoadError } from './model-load-error.ts';
import { bypassZipMaps } from './onnx/bypass-zip-maps.ts';
import { CutError, cutGraph } from './onnx/cut-graph.ts';
import { type ModelOutline, readOutline } from './onnx/graph-outline.ts';

export interface ServedGraph {
  /** What onnxruntime loads here. */
  readonly graph: Uint8Array;
  /** Inputs of the whole graph, if the graph that is loaded begins behind them. */
  readonly columns: readonly TensorSpec[] | undefined;
}

/**
 * The graph of a version as this service runs it. If the contract names a matrix, the graph begins at the matrix.
 * @throws ModelLoadError (SignatureMismatch), MalformedMessage; Error if onnxruntime cannot load the graph
 */
export async function servedGraph(
  bytes: Uint8Array,
  outline: ModelOutline,
  externalData: ReadonlyMap<string, Uint8Array>,
  contract: ServingContract | undefined,
): Promise<ServedGraph> {
  const graph = bypassZipMaps(bytes, outline);
  if (contract?.encoding === undefined) return { graph, columns: undefined };
  const tensor = contract.encoding.input;
  const { front, core } = cutAtMatrix(
    graph,
    graph === bytes ? outline : readOutline(graph),
    contract,
    tensor,
  );
  const columns = front && (await checkFront({ front, externalData, contract, tensor }));
  return { graph: core, columns };
}

function cutAtMatrix(
  graph: Uint8Array,
  outline: ModelOutline,
  { fields, output }: ServingContract,
  tensor: string,
) {
  try {
    return cutGraph(graph, outline, { tensor, columns: fields.length, output });
  } catch (error) {
    if (!(error instanceof CutError)) throw error;
    throw new ModelLoadError('SignatureMismatch', `encoding.input is ${tensor}: ${error.message}`, {
      cause: error,
    });
  }
}
