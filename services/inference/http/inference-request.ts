import { z } from 'zod';
import { quoteValue } from '../decision/decode/field-decoder.ts';
import type { NamedTensor, TensorData, TensorSpec, TensorType } from '../model/graph-signature.ts';
import { DATATYPES, tensorTypeOf } from './datatype.ts';
import { InferenceError } from './inference-error.ts';
import { parseRequestJson } from './request-json.ts';

export const inferenceRequestSchema = z.object({
  id: z.string().max(256).optional().describe('The answer repeats it.'),
  inputs: z
    .array(
      z.object({
        name: z.string().describe('Name of an input that the metadata lists.'),
        shape: z
          .array(z.number().int().min(0))
          .max(8)
          .describe('Rows first. A column [N, 1] may be sent as [N].'),
        datatype: z.string().describe('BYTES for text. A number may have any other datatype.'),
        data: z.array(z.unknown()).describe('Values, flat or nested. null means missing.'),
      }),
    )
    .min(1)
    .max(1000)
    .describe('Every input of the model, each once.'),
  outputs: z
    .array(z.object({ name: z.string().max(256).describe('Name of an output that the metadata lists.') }))
    .max(1000)
    .optional()
    .describe('Outputs to return. Absent: all outputs.'),
});

export interface InferenceRequest {
  readonly id: string | undefined;
  readonly tensors: readonly NamedTensor[];
  /** Undefined: all outputs. */
  readonly outputs: readonly string[] | undefined;
}

/** Row limit of a request, because one run of the graph blocks the event loop. */
export const ROWS_LIMIT = 1024;

/**
 * Reads the body of `POST /v2/models/…/infer` for a graph with `inputs`.
 * A column `[N, 1]` may come as `[N]`; null is NaN or `""`.
 * @throws InferenceError (400) that names the input and the rule
 */
export function parseInferenceRequest(body: Uint8Array, inputs: readonly TensorSpec[]): InferenceRequest {
  const { json, refusal } = parseRequestJson(body, 'the request');
  if (refusal !== undefined) throw new InferenceError(400, refusal);
  const request = inferenceRequestSchema.safeParse(json);
  if (!request.success) {
    const [issue] = request.error.issues;
    throw new InferenceError(400, `${issue?.path.join('.') || 'the request'}: ${issue?.message}`);
  }
  const sent = new Map<string, SentTensor>();
  for (const input of request.data.inputs) {
    if (sent.has(input.name))
      throw new InferenceError(400, `input ${quoteValue(input.name)} is given more than once`);
    sent.set(input.name, input);
  }
  const tensors = inputs.map((spec) => {
    const input = sent.get(spec.name);
    if (input === undefined) throw new InferenceError(400, `input ${spec.name} is missing`);
    sent.delete(spec.name);
    return readTensor(input, spec);
  });
  const [unknown] = sent.keys();
  if (unknown !== undefined) throw new InferenceError(400, `the model has no input ${quoteValue(unknown)}`);
  const rows = new Set(tensors.map((tensor) => tensor.shape[0]));
  if (rows.size > 1) throw new InferenceError(400, 'the inputs must all have the same first dimension');
  return { id: request.data.id, tensors, outputs: request.data.outputs?.map((output) => output.name) };
}

type SentTensor = z.output<typeof inferenceRequestSchema>['inputs'][number];

function readTensor(sent: SentTensor, spec: TensorSpec): NamedTensor {
  const { name } = spec;
  const sentType = tensorTypeOf(sent.datatype);
  if (sentType === undefined || (sentType === 'string') !== (spec.type === 'string')) {
    throw new InferenceError(
      400,
      `input ${name} has datatype ${quoteValue(sent.datatype)}: it must be ${DATATYPES[spec.type]}`,
    );
  }
  const shape = fitShape(sent.shape, spec);
  if ((shape[0] ?? 1) > ROWS_LIMIT) {
    throw new InferenceError(
      400,
      `input ${name} has ${shape[0]} rows: a request may have at most ${ROWS_LIMIT}`,
    );
  }
  const values = sent.data.flat(Math.max(sent.shape.length - 1, 0) as 7);
  const length = shape.reduce((product, dimension) => product * dimension, 1);
  if (values.length !== length) {
    throw new InferenceError(
      400,
      `input ${name} has ${values.length} values: its shape [${sent.shape}] needs ${length}`,
    );
  }
  return { name, type: spec.type, shape, data: readValues(values, spec) };
}

function fitShape(sent: readonly number[], { name, shape }: TensorSpec): readonly number[] {
  const fitted = sent.length === 1 && shape.length === 2 && shape[1] === 1 ? [...sent, 1] : sent;
  const fits =
    shape.length === 0 ||
    (fitted.length === shape.length &&
      shape.every((length, axis) => length === -1 || length === fitted[axis]));
  if (!fits) throw new InferenceError(400, `input ${name} has shape [${sent}]: it must be [${shape}]`);
  return fitted;
}

function readValues(values: readonly unknown[], { name, type }: TensorSpec): TensorData {
  if (type === 'string') return values.map((value) => readText(name, value));
  if (type === 'bool') return Uint8Array.from(values, (value) => (readBoolean(name, value) ? 1 : 0));
  if (type === 'int64') return BigInt64Array.from(values, (value) => BigInt(readInteger(name, type, value)));
  if (type === 'int32') return Int32Array.from(values, (value) => readInteger(name, type, value));
  const numbers = values.map((value) => readNumber(name, value));
  return type === 'float32' ? Float32Array.from(numbers) : Float64Array.from(numbers);
}

function readText(name: string, value: unknown): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  throw wrongValue(name, value, 'a text');
}

function readBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw wrongValue(name, value, 'true or false');
}

function readNumber(name: string, value: unknown): number {
  if (value === null) return Number.NaN;
  if (typeof value === 'number') return value;
  throw wrongValue(name, value, 'a number');
}

function readInteger(name: string, type: TensorType, value: unknown): number {
  const fits = type === 'int32' ? Number(value) === (Number(value) | 0) : Number.isSafeInteger(value);
  if (typeof value === 'number' && fits) return value;
  throw wrongValue(name, value, `a whole number of type ${DATATYPES[type]}`);
}

function wrongValue(name: string, value: unknown, rule: string): InferenceError {
  return new InferenceError(400, `input ${name} holds ${quoteValue(value)}: it must be ${rule}`);
}
