/** A text needs an object, and onnxruntime holds several copies while it loads: 232 bytes were measured. */
const STRING_BYTES = 240;

/** Bytes of an element in memory, by the element types of onnx.proto. Smaller types count as a byte. */
const BYTES = new Map([
  [1, 4],
  [4, 2],
  [5, 2],
  [6, 4],
  [7, 8],
  [8, STRING_BYTES],
  [10, 2],
  [11, 8],
  [12, 4],
  [13, 8],
  [14, 8],
  [15, 16],
  [16, 2],
]);

export function elementBytes(dataType: number): number {
  return BYTES.get(dataType) ?? 1;
}
