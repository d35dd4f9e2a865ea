import type { TensorSpec } from '../model/graph-signature.ts';
import type { Model } from '../model/model.ts';
import { DATATYPES } from './tensor/datatype.ts';

/** Triton's name of a text. The other types have the protocol's name. */
const TEXT = 'TYPE_STRING';

/**
 * The configuration of a model in the form of Triton.
 * https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto
 */
export function modelConfiguration({ identity, inputs, signature }: Model) {
  return {
    name: identity.name,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    runtime: '',
    version_policy: { latest: { num_versions: 1 } },
    // 0: the rows are the first dimension of the shapes.
    max_batch_size: 0,
    input: inputs.map((input) => ({ ...described(input), format: 'FORMAT_NONE', optional: false })),
    output: signature.outputs.map((output) => ({ ...described(output), label_filename: '' })),
    instance_group: [{ name: identity.name, kind: 'KIND_CPU', count: 1, gpus: [] }],
    default_model_filename: 'model.onnx',
    parameters: { digest: { string_value: identity.digest } },
  };
}

function described({ name, type, shape }: TensorSpec) {
  return {
    name,
    data_type: type === 'string' ? TEXT : `TYPE_${DATATYPES[type]}`,
    dims: shape,
    is_shape_tensor: false,
  };
}
