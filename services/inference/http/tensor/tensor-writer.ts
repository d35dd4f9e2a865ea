import type { NamedTensor } from '../../model/graph-signature.ts';
import { DATATYPES } from './datatype.ts';
import { encodeTexts } from './text-data.ts';

/** The values of an output as JSON. NaN and infinity become null, because JSON has neither. */
export function jsonData({ type, data }: NamedTensor): unknown[] {
  if (type === 'bool') return Array.from(data as Uint8Array, (bit) => bit !== 0);
  return Array.from(data as ArrayLike<number | bigint | string>, (value) =>
    typeof value === 'bigint' ? exactInteger(value) : value,
  );
}

/** The values of an output as binary data: little-endian and row-major. Each text follows its length in 4 bytes. */
export function binaryData({ data }: NamedTensor): Uint8Array {
  return Array.isArray(data)
    ? encodeTexts(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The part of an output that says what the values are. */
export function describeOutput({ name, type, shape }: NamedTensor) {
  return { name, datatype: DATATYPES[type], shape };
}

/** TypeScript does not know `JSON.rawJSON` yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** `JSON.stringify` refuses a bigint, and a number would be rounded above 2^53. */
function exactInteger(value: bigint): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : rawJSON(String(value));
}
