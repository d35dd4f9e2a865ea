import { quoteValue } from '../../decision/decode/field-decoder.ts';
import type { NamedTensor, TensorSpec } from '../../model/graph-signature.ts';
import { BODY_LIMIT_BYTES } from '../raw-body.ts';
import { binaryValues } from './binary-values.ts';
import { DATATYPES, isDatatype } from './datatype.ts';
import { jsonValues } from './json-values.ts';
import { inputRefusal } from './tensor-refusal.ts';

/** Row limit of a request, because one run of the graph blocks the event loop. */
export const ROWS_LIMIT = 1024;

/** An input as a client sends it. */
export interface SentTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Undefined if the values are in `data`. */
  readonly binary: Uint8Array | undefined;
  /** Values of JSON. */
  readonly data: unknown;
}

/**
 * An input of the graph from what a client sent. A column `[N, 1]` may come as `[N]`, and a number in any datatype.
 * @throws InferenceError (400) that names the input, the value and the rule
 */
export function readTensor(sent: SentTensor, spec: TensorSpec): NamedTensor {
  const { name, type } = spec;
  const { datatype, binary } = sent;
  if (!isDatatype(datatype) || (datatype === 'BYTES') !== (type === 'string')) {
    throw inputRefusal(name, `has datatype ${quoteValue(datatype)}: it must be ${DATATYPES[type]}`);
  }
  const shape = fitShape(sent.shape, spec);
  const count = shape.reduce((product, length) => product * length, 1);
  const data =
    binary === undefined
      ? jsonValues(spec, datatype, sent.shape, count, sent.data)
      : binaryValues(spec, datatype, count, binary);
  return { name, type, shape, data };
}

function fitShape(sent: readonly number[], { name, shape }: TensorSpec): readonly number[] {
  const fitted = sent.length === 1 && shape.length === 2 && shape[1] === 1 ? [...sent, 1] : sent;
  const fits =
    // A scalar, or a tensor of any rank. The graph itself tells a wrong rank.
    shape.length === 0 ||
    (fitted.length === shape.length &&
      shape.every((length, axis) => length === -1 || length === fitted[axis]));
  if (!fits) throw inputRefusal(name, `has shape [${sent}]: it must be [${shape}]`);
  const rows = fitted[0] ?? 1;
  if (shape[0] !== rows && rows > ROWS_LIMIT) {
    throw inputRefusal(name, `has ${rows} rows: a request may have at most ${ROWS_LIMIT}`);
  }
  // Without values the body does not bound the other dimensions, and a graph may make room for them.
  const extent = fitted.reduce((product, length) => product * Math.max(length, 1), 1);
  if (extent > BODY_LIMIT_BYTES) {
    const rule = `apart from zeros its dimensions may multiply to at most ${BODY_LIMIT_BYTES}`;
    throw inputRefusal(name, `has shape [${sent}]: ${rule}`);
  }
  return fitted;
}
