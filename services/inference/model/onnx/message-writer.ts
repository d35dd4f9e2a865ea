import protobuf from 'protobufjs/minimal.js';
import { LENGTH_DELIMITED, VARINT } from '../../../shared/message-reader.ts';
import { DIMENSION, SHAPE, TENSOR_TYPE, TYPE, VALUE_INFO } from './onnx-fields.ts';

const FLOAT = 1;

/** A length-delimited field: tag, length and content. */
export function field(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([fieldHeader(number, content.length), content]);
}

export function fieldHeader(number: number, length: number): Uint8Array {
  return protobuf.Writer.create()
    .uint32(number * 8 + LENGTH_DELIMITED)
    .uint32(length)
    .finish();
}

export function varintField(number: number, value: number): Uint8Array {
  return protobuf.Writer.create()
    .uint32(number * 8 + VARINT)
    .uint32(value)
    .finish();
}

/**
 * An input or an output of a graph: float32 `[N, columns]`.
 * @param number field of the graph
 * @param columns undefined: any number of columns
 */
export function floatMatrix(number: number, name: string, columns: number | undefined): Uint8Array {
  const dimension = (content: Uint8Array) => field(SHAPE.dimension, content);
  const shape = Buffer.concat([
    dimension(field(DIMENSION.parameter, Buffer.from('N'))),
    dimension(columns === undefined ? new Uint8Array() : varintField(DIMENSION.value, columns)),
  ]);
  const tensor = Buffer.concat([
    varintField(TENSOR_TYPE.elementType, FLOAT),
    field(TENSOR_TYPE.shape, shape),
  ]);
  return field(
    number,
    Buffer.concat([
      field(VALUE_INFO.name, Buffer.from(name)),
      field(VALUE_INFO.type, field(TYPE.tensor, tensor)),
    ]),
  );
}
