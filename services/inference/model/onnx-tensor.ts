import { Tensor } from 'onnxruntime-node';
import type { NamedTensor } from './graph-signature.ts';

/** A tensor in the form that onnxruntime reads. */
export function onnxTensor({ type, shape, data }: NamedTensor): Tensor {
  const tensor = new Tensor(type, data as never, shape);
  // onnxruntime-node 1.30 reads no bytes from a Float16Array, which is the data of every float16 tensor since Node 24. It
  // reads the same bytes from a Uint16Array.
  if (data instanceof Float16Array) {
    Object.defineProperty(tensor, 'data', {
      value: new Uint16Array(data.buffer, data.byteOffset, data.length),
    });
  }
  return tensor;
}
