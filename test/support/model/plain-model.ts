import { OnnxModel } from '../../../services/inference/model/onnx-model.ts';
import { encodeOnnx, type Graph } from './onnx-graph.ts';

/** A model without contract and without columns: clients send the inputs of the graph. */
export function plainModel(graph: Graph): Promise<OnnxModel> {
  return OnnxModel.create({
    graph: encodeOnnx(graph),
    externalData: new Map(),
    identity: { name: 'loan-eligibility', version: '7', runId: '', digest: `sha256:${'7'.repeat(64)}` },
    contract: undefined,
    columns: [],
  });
}
