import { LENGTH_DELIMITED, MalformedMessage, MessageReader } from '../../../shared/message-reader.ts';
import { ENTRY, EXTERNAL, TENSOR } from './onnx-fields.ts';

/** A tensor without its values. */
export interface TensorOutline {
  readonly name: string;
  /** Element type of onnx.proto: 1 is float32, 7 is int64, 8 is string. */
  readonly dataType: number;
  readonly dims: readonly number[];
  /** File of the values, as the graph names it. Undefined: the graph holds the values. */
  readonly location: string | undefined;
  /** Values, if they are few numbers. */
  readonly numbers: readonly number[] | undefined;
  /** Bytes in the graph. */
  readonly storedBytes: number;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** A tensor that holds a shape, repeats or the limits of a range has few values. */
const NUMBERS_LIMIT = 64;
const DIMS_LIMIT = 64;
const TEXT_LIMIT_BYTES = 64 * 1024;

/** @throws MalformedMessage */
export function readTensor(bytes: Uint8Array, { start, end }: Range): TensorOutline {
  const dims: number[] = [];
  const typed: number[] = [];
  const location: string[] = [];
  let [name, dataType, external] = ['', 0, false];
  let raw: Range | undefined;
  const reader = new MessageReader(bytes, start, end);
  while (reader.next()) {
    const range = { start: reader.start, end: reader.position };
    const packed = reader.wireType === LENGTH_DELIMITED;
    switch (reader.field) {
      case TENSOR.dims:
        readDims(bytes, reader, dims);
        break;
      case TENSOR.int64Data:
      case TENSOR.int32Data:
        readVarints(bytes, reader, typed, NUMBERS_LIMIT + 1);
        break;
      case TENSOR.floatData:
        if (packed) typed.push(...readRaw(bytes, range, 1));
        break;
      case TENSOR.doubleData:
        if (packed) typed.push(...readRaw(bytes, range, 11));
        break;
      case TENSOR.dataType:
        dataType = reader.value;
        break;
      case TENSOR.dataLocation:
        external = reader.value === EXTERNAL;
        break;
      case TENSOR.name:
        if (packed) name = readText(bytes, range);
        break;
      case TENSOR.rawData:
        if (packed) raw = range;
        break;
      case TENSOR.externalData:
        if (packed) readLocation(bytes, range, location);
        break;
    }
  }
  const numbers = raw === undefined ? typed : readRaw(bytes, raw, dataType);
  return {
    name,
    dataType,
    dims,
    location: external ? (location.at(-1) ?? '') : undefined,
    numbers: !external && numbers.length > 0 && numbers.length <= NUMBERS_LIMIT ? numbers : undefined,
    storedBytes: end - start,
  };
}

/** Adds the dimensions of the field at the reader. A packed field has several. */
export function readDims(bytes: Uint8Array, reader: MessageReader, dims: number[]): void {
  readVarints(bytes, reader, dims, DIMS_LIMIT);
}

/** @throws MalformedMessage if the text is too long for a name or a path */
export function readText(bytes: Uint8Array, { start, end }: Range): string {
  if (end - start > TEXT_LIMIT_BYTES) throw new MalformedMessage(`a name has ${end - start} bytes`);
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

export function readVarints(bytes: Uint8Array, reader: MessageReader, into: number[], limit: number): void {
  if (reader.wireType !== LENGTH_DELIMITED) {
    if (into.length < limit) into.push(signed(reader.value));
    return;
  }
  let [value, unit] = [0, 1];
  for (let index = reader.start; index < reader.position && into.length < limit; index++) {
    const byte = bytes[index] as number;
    value += (byte & 0x7f) * unit;
    unit *= 128;
    if (byte >= 0x80) continue;
    into.push(signed(value));
    [value, unit] = [0, 1];
  }
}

/** Numbers in a packed field: the last byte of each is below 128. */
export function countVarints(bytes: Uint8Array, { start, end }: Range): number {
  let count = 0;
  for (let index = start; index < end; index++) if ((bytes[index] as number) < 0x80) count++;
  return count;
}

/**
 * A negative int64 is written as the unsigned number of the same 64 bits. A double has fewer bits, so a small negative
 * number becomes -1.
 */
function signed(value: number): number {
  return value >= 2 ** 63 ? Math.min(value - 2 ** 64, -1) : value;
}

/** Width and reader of each element type whose values are read. */
const RAW_NUMBERS = new Map<number, [number, (view: DataView, at: number) => number]>([
  [1, [4, (view, at) => view.getFloat32(at, true)]],
  [6, [4, (view, at) => view.getInt32(at, true)]],
  [7, [8, (view, at) => Number(view.getBigInt64(at, true))]],
  [11, [8, (view, at) => view.getFloat64(at, true)]],
]);

function readRaw(bytes: Uint8Array, { start, end }: Range, dataType: number): number[] {
  const [width, read] = RAW_NUMBERS.get(dataType) ?? [1, () => 0];
  if (!RAW_NUMBERS.has(dataType) || end - start > NUMBERS_LIMIT * width) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const numbers: number[] = [];
  for (let at = start; at + width <= end; at += width) numbers.push(read(view, at));
  return numbers;
}

function readLocation(bytes: Uint8Array, { start, end }: Range, location: string[]): void {
  let [key, value] = ['', ''];
  const reader = new MessageReader(bytes, start, end);
  while (reader.next()) {
    if (reader.wireType !== LENGTH_DELIMITED) continue;
    const text = readText(bytes, { start: reader.start, end: reader.position });
    if (reader.field === ENTRY.key) key = text;
    if (reader.field === ENTRY.value) value = text;
  }
  if (key === 'location') location.push(value);
}
