import {
  DATATYPES,
  type Datatype,
  INTEGER_RANGES,
  isIntegerDatatype,
  type NumericData,
  type NumericType,
  zeros,
} from './datatype.ts';
import { wrongValue } from './tensor-refusal.ts';

/** One value of a tensor, whatever its type. null is a missing number. */
export type Element = number | bigint | null;

/** What a value of the datatype must be. Completes the sentence "it must be …". */
export function ruleOf(datatype: Datatype): string {
  if (datatype === 'BYTES') return 'a text';
  if (datatype === 'BOOL') return 'true, false, 0 or 1';
  if (isIntegerDatatype(datatype)) return `a whole number of type ${datatype}`;
  return datatype === 'FP64' ? 'a number' : `a number of type ${datatype}`;
}

/** A value of JSON as an element of the datatype that the client names. Undefined if it is no value of that datatype. */
export function jsonElement(datatype: Datatype, value: unknown): Element | undefined {
  if (value === null) return null;
  if (datatype === 'BOOL') return bit(value === true ? 1 : value === false ? 0 : value);
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  if (!isIntegerDatatype(datatype)) return Number.isFinite(Number(value)) ? value : undefined;
  // A number with exponent was rounded, unless it is safe.
  const whole = typeof value === 'bigint' || Number.isSafeInteger(value);
  return whole && isWithin(datatype, value) ? value : undefined;
}

/**
 * Elements as values of the graph's type.
 * @throws InferenceError (400) that names the input and the first value that the type does not have
 */
export function fitElements(name: string, type: NumericType, elements: ArrayLike<Element>): NumericData {
  const data = zeros(type, elements.length);
  for (let index = 0; index < elements.length; index++) {
    const element = elements[index] as Element;
    const value = fitElement(type, element);
    if (value === undefined) throw wrongValue(name, element, ruleOf(DATATYPES[type]));
    data[index] = value;
  }
  return data;
}

/** An element as a value of the graph's type. Undefined if the type has no such value. */
function fitElement(type: NumericType, element: Element): number | bigint | undefined {
  const datatype = DATATYPES[type];
  if (datatype === 'BOOL') return bit(element);
  if (!isIntegerDatatype(datatype)) return fitFloat(type, element);
  if (element === null || (typeof element === 'number' && !Number.isInteger(element))) return undefined;
  if (!isWithin(datatype, element)) return undefined;
  return type === 'int64' || type === 'uint64' ? BigInt(element) : Number(element);
}

function fitFloat(type: NumericType, element: Element): number | undefined {
  if (element === null) return Number.NaN;
  const number = Number(element);
  if (!Number.isFinite(number)) return number;
  const rounded =
    type === 'float16' ? Math.f16round(number) : type === 'float32' ? Math.fround(number) : number;
  return Number.isFinite(rounded) ? number : undefined;
}

function bit(value: unknown): 0 | 1 | undefined {
  if (value === 0 || value === 0n) return 0;
  return value === 1 || value === 1n ? 1 : undefined;
}

function isWithin(datatype: keyof typeof INTEGER_RANGES, value: number | bigint): boolean {
  const [least, greatest] = INTEGER_RANGES[datatype];
  return value >= least && value <= greatest;
}
