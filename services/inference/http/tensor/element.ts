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
type Element = number | bigint | null;

/** A value of JSON as an element. Undefined if the datatype has no such value. */
type ReadElement = (value: unknown) => Element | undefined;

/** An element as a value of the graph's type. Undefined if the type has no such value. */
type FitElement = (element: Element) => number | bigint | undefined;

/** What a value of the datatype must be. Completes the sentence "it must be …". */
export function ruleOf(datatype: Datatype): string {
  if (datatype === 'BYTES') return 'a text';
  if (datatype === 'BOOL') return 'true, false, 0 or 1';
  if (isIntegerDatatype(datatype)) return `a whole number of type ${datatype}`;
  return datatype === 'FP64' ? 'a number' : `a number of type ${datatype}`;
}

/**
 * Values of JSON, of the datatype that the client names, as values of the graph's type.
 * @throws InferenceError (400) that names the input and the first value that one of both types does not have
 */
export function fitJson(
  name: string,
  type: NumericType,
  datatype: Datatype,
  values: readonly unknown[],
): NumericData {
  const data = zeros(type, values.length);
  const read = readerOf(datatype);
  const convert = fitterOf(type);
  for (let index = 0; index < values.length; index++) {
    const element = read(values[index]);
    if (element === undefined) throw wrongValue(name, values[index], ruleOf(datatype));
    const value = convert(element);
    if (value === undefined) throw wrongValue(name, values[index], ruleOf(DATATYPES[type]));
    data[index] = value;
  }
  return data;
}

/**
 * Values of another type as values of the graph's type.
 * @throws InferenceError (400) that names the input and the first value that the graph's type does not have
 */
export function fitNumbers(name: string, type: NumericType, numbers: NumericData): NumericData {
  const data = zeros(type, numbers.length);
  const convert = fitterOf(type);
  for (let index = 0; index < numbers.length; index++) {
    const value = convert(numbers[index] as number | bigint);
    if (value === undefined) throw wrongValue(name, numbers[index], ruleOf(DATATYPES[type]));
    data[index] = value;
  }
  return data;
}

function readerOf(datatype: Datatype): ReadElement {
  if (datatype === 'BOOL') return (value) => bit(value === true ? 1 : value === false ? 0 : value);
  if (isIntegerDatatype(datatype)) {
    const isWithin = withinRange(datatype);
    return (value) => {
      if (value === null) return null;
      // A number with an exponent was rounded, unless it is safe.
      const isExact = typeof value === 'bigint' || Number.isSafeInteger(value);
      return isExact && isWithin(value as number | bigint) ? (value as number | bigint) : undefined;
    };
  }
  return (value) => {
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
    return value === null || typeof value === 'bigint' ? value : undefined;
  };
}

function fitterOf(type: NumericType): FitElement {
  const datatype = DATATYPES[type];
  if (datatype === 'BOOL') return bit;
  if (!isIntegerDatatype(datatype)) return floatFitter(type);
  const isWithin = withinRange(datatype);
  const convert = type === 'int64' || type === 'uint64' ? BigInt : Number;
  return (element) => {
    const isWhole = typeof element === 'bigint' || Number.isInteger(element);
    return isWhole && isWithin(element as number | bigint) ? convert(element as number | bigint) : undefined;
  };
}

function floatFitter(type: NumericType): FitElement {
  const round = type === 'float16' ? Math.f16round : type === 'float32' ? Math.fround : Number;
  return (element) => {
    if (element === null) return Number.NaN;
    const number = Number(element);
    // Infinity in binary data stays. A finite number must not become infinite.
    return Number.isFinite(number) && !Number.isFinite(round(number)) ? undefined : number;
  };
}

function withinRange(datatype: keyof typeof INTEGER_RANGES): (value: number | bigint) => boolean {
  const [least, greatest] = INTEGER_RANGES[datatype];
  return (value) => value >= least && value <= greatest;
}

function bit(value: unknown): 0 | 1 | undefined {
  if (value === 0 || value === 0n) return 0;
  return value === 1 || value === 1n ? 1 : undefined;
}
