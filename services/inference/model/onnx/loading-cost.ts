import { constantGrowthBytes, elementsOf } from './constant-growth.ts';
import { elementBytes } from './element-bytes.ts';
import { everyTensor } from './external-files.ts';
import type { ModelOutline } from './graph-outline.ts';

/**
 * Memory that onnxruntime 1.30 needs at its peak while it loads a graph, for each byte of its weights. Measured: 2.14, with
 * weights in the graph, beside the graph, and made by ConstantOfShape.
 */
const WEIGHTS_FACTOR = 2.2;
/** The same for each other byte of the graph. Measured: 11.5 for an ensemble of trees, 13.0 for a LabelEncoder. */
const ATTRIBUTES_FACTOR = 14;
/** The same for each message and name of the graph. Measured: 3.7 to 4.6 KB for a node, which has at least four. */
const PART_BYTES = 1200;

/** Estimate of the memory, in bytes, that onnxruntime needs to load the graph beside the files themselves. */
export function loadingCostBytes(graphBytes: number, outline: ModelOutline): number {
  const tensors = everyTensor(outline);
  const stored = tensors.reduce((sum, tensor) => sum + tensor.storedBytes, 0);
  const weights = tensors.reduce(
    (sum, { dims, dataType }) => sum + elementsOf(dims) * elementBytes(dataType),
    constantGrowthBytes(outline),
  );
  return Math.ceil(
    WEIGHTS_FACTOR * weights +
      ATTRIBUTES_FACTOR * Math.max(graphBytes - stored, 0) +
      PART_BYTES * outline.parts,
  );
}
