import type { TensorData, TensorSpec } from '../../model/graph-signature.ts';
import type { Datatype } from './datatype.ts';
import { fitJson, ruleOf } from './element.ts';
import { inputRefusal, wrongValue } from './tensor-refusal.ts';
import { checkedText } from './text-data.ts';

/**
 * Values of an input from JSON, flat or nested. null is NaN or `""`.
 * @throws InferenceError (400) that names the input if the data are not the values that the shape needs
 */
export function jsonValues(
  { name, type }: TensorSpec,
  datatype: Datatype,
  shape: readonly number[],
  count: number,
  data: unknown,
): TensorData {
  if (datatype === 'BF16') {
    throw inputRefusal(name, 'has datatype BF16 in JSON: send BF16 as binary data, or another datatype');
  }
  const values = Array.isArray(data) ? data.flat(Math.max(shape.length - 1, 0) as 7) : [data];
  if (values.length !== count) {
    throw inputRefusal(name, `has ${values.length} values: its shape [${shape}] needs ${count}`);
  }
  if (type === 'string') return values.map((value) => textOf(name, value));
  return fitJson(name, type, datatype, values);
}

function textOf(name: string, value: unknown): string {
  if (value === null) return '';
  if (typeof value !== 'string') throw wrongValue(name, value, ruleOf('BYTES'));
  return checkedText(name, value);
}
