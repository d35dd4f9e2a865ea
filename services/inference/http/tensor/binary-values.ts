import type { TensorData, TensorSpec } from '../../model/graph-signature.ts';
import {
  DATATYPES,
  type Datatype,
  ELEMENT_BYTES,
  elementsOf,
  type NumericData,
  type NumericType,
} from './datatype.ts';
import { fitNumbers } from './element.ts';
import { inputRefusal, wrongValue } from './tensor-refusal.ts';
import { checkedText, decodeTexts } from './text-data.ts';

const TYPES = new Map(Object.entries(DATATYPES).map(([type, name]) => [name as Datatype, type]));

/**
 * Values of an input from its binary data, which is little-endian and row-major.
 * @throws InferenceError (400) that names the input if the data are not `count` values of the datatype
 */
export function binaryValues(
  { name, type }: TensorSpec,
  datatype: Datatype,
  count: number,
  bytes: Uint8Array,
): TensorData {
  if (datatype === 'BYTES' || type === 'string') return textsOf(name, count, bytes);
  const needed = count * ELEMENT_BYTES[datatype];
  if (bytes.length !== needed) {
    throw inputRefusal(
      name,
      `has ${bytes.length} bytes of binary data: ${count} values of ${datatype} need ${needed}`,
    );
  }
  const elements =
    datatype === 'BF16' ? widened(bytes) : elementsOf(TYPES.get(datatype) as NumericType, bytes);
  const other = datatype === 'BOOL' ? elements.find((bit) => bit !== 0 && bit !== 1) : undefined;
  if (other !== undefined) throw wrongValue(name, other, '0 or 1');
  return DATATYPES[type] === datatype ? elements : fitNumbers(name, type, elements);
}

function textsOf(name: string, count: number, bytes: Uint8Array): string[] {
  const texts = decodeTexts(bytes);
  if ('refusal' in texts) throw inputRefusal(name, `has binary data that ${texts.refusal}`);
  if (texts.length !== count) {
    throw inputRefusal(name, `has ${texts.length} texts in its binary data: its shape needs ${count}`);
  }
  return texts.map((text) => checkedText(name, text));
}

/** BF16 is the upper half of FP32. */
function widened(bytes: Uint8Array): NumericData {
  const halves = elementsOf('uint16', bytes) as Uint16Array;
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}
