import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import { encodeTexts } from '../http/tensor/text-data.ts';
import type { FeatureColumns } from '../model/feature-columns.ts';

/** A request of the Open Inference Protocol with binary data: JSON, then the data of each input. */
export interface InferenceBody {
  readonly json: Uint8Array;
  readonly data: readonly Uint8Array[];
}

/** Validated rows as a request for the output of the contract. A missing number is NaN, a missing text is empty. */
export function inferenceBody(
  contract: ServingContract,
  { columns, stride }: FeatureColumns,
  rows: number,
): InferenceBody {
  const data = contract.fields.map((field, index) => {
    const column = columns[index] ?? [];
    const cells = Array.from({ length: rows }, (_, row) => column[row * stride] as string | number);
    if (field.type === 'number') return bytesOf(Float32Array.from(cells as number[]));
    // In a matrix a text is its place in `values`. Every other code stands for a missing text.
    return encodeTexts(cells.map((cell) => (typeof cell === 'string' ? cell : (field.values[cell] ?? ''))));
  });
  const inputs = contract.fields.map(({ name, type }, index) => ({
    name,
    datatype: type === 'string' ? 'BYTES' : 'FP32',
    shape: [rows, 1],
    parameters: { binary_data_size: data[index]?.length ?? 0 },
  }));
  const outputs = [{ name: contract.output, parameters: { binary_data: true } }];
  return { json: Buffer.from(JSON.stringify({ inputs, outputs })), data };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
