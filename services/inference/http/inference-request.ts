import { quoteValue } from '../decision/decode/field-decoder.ts';
import type { NamedTensor, TensorSpec } from '../model/graph-signature.ts';
import { InferenceError } from './inference-error.ts';
import { type InferenceEnvelope, inferenceRequestSchema } from './inference-request-schema.ts';
import { checkDimensions } from './named-dimensions.ts';
import { parseRequestJson } from './request-json.ts';
import { BinaryData } from './tensor/binary-data.ts';
import { readTensor, type SentTensor } from './tensor/tensor-reader.ts';
import { inputRefusal } from './tensor/tensor-refusal.ts';

export interface InferenceRequest {
  readonly id: string | undefined;
  readonly tensors: readonly NamedTensor[];
  /** True if the output of that name is wanted as binary data, false as JSON. Undefined: the output is not wanted. */
  readonly isBinary: (output: string) => boolean | undefined;
}

/** What the graph takes and gives. */
interface Graph {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/**
 * Reads the body of `POST /v2/models/…/infer`. A column `[N, 1]` may come as `[N]`; null is NaN or `""`.
 * @param jsonLength header of the binary data extension, or undefined if the body is JSON alone
 * @throws InferenceError (400) that names the input and the rule
 */
export function parseInferenceRequest(
  body: Uint8Array,
  jsonLength: string | undefined,
  graph: Graph,
): InferenceRequest {
  const binary = new BinaryData(body, jsonLength);
  const request = parseEnvelope(binary.json);
  const sent = sentTensors(request, binary);
  const tensors = graph.inputs.map((spec) => {
    // If two names of an input are sent, the second is left over and is refused as an unknown input.
    const name = [spec.name, ...(spec.aliases ?? [])].find((known) => sent.has(known)) ?? spec.name;
    const input = sent.get(name);
    if (input === undefined) throw new InferenceError(400, `input ${spec.name} is missing`);
    sent.delete(name);
    return readTensor(input, spec);
  });
  const [unknown] = sent.keys();
  if (unknown !== undefined) throw new InferenceError(400, `the model has no input ${quoteValue(unknown)}`);
  checkDimensions(graph.inputs, tensors);
  return { id: request.id ?? undefined, tensors, isBinary: wantedOutputs(request, graph.outputs) };
}

function parseEnvelope(body: Uint8Array): InferenceEnvelope {
  const { json, refusal } = parseRequestJson(body, 'the request', { exactIntegers: true });
  if (refusal !== undefined) throw new InferenceError(400, refusal);
  const request = inferenceRequestSchema.safeParse(json);
  if (request.success) return request.data;
  const [issue] = request.error.issues;
  const path = issue?.path.join('.') || 'the request';
  const name = inputName(json, issue?.path ?? []);
  throw new InferenceError(
    400,
    `${name === undefined ? '' : `input ${quoteValue(name)}: `}${path}: ${issue?.message}`,
  );
}

/** Name of the input at which a path of the schema leads, if the client named the input. */
function inputName(json: unknown, [member, index]: readonly PropertyKey[]): string | undefined {
  if (member !== 'inputs' || typeof index !== 'number') return undefined;
  const name = (json as { inputs: { name?: unknown }[] }).inputs[index]?.name;
  return typeof name === 'string' ? name : undefined;
}

/** The inputs by name, each with its part of the binary data, which has the order of the inputs in the request. */
function sentTensors({ inputs }: InferenceEnvelope, binary: BinaryData): Map<string, SentTensor> {
  const sent = new Map<string, SentTensor>();
  for (const { name, datatype, shape, data, parameters } of inputs) {
    if (sent.has(name)) throw new InferenceError(400, `input ${quoteValue(name)} is given more than once`);
    // These would be answered with other values than the client means.
    if (isGiven(parameters?.shared_memory_region)) {
      throw inputRefusal(name, 'is in shared memory: send data or binary data');
    }
    const size = parameters?.binary_data_size ?? undefined;
    const hasData = isGiven(data);
    if (hasData && size !== undefined) {
      throw inputRefusal(name, 'has both data and binary_data_size: give only one of them');
    }
    if (!hasData && size === undefined) {
      throw inputRefusal(name, 'has no data: give data or binary_data_size');
    }
    const bytes = size === undefined ? undefined : binary.take(name, size);
    sent.set(name, { name, datatype, shape, data, binary: bytes });
  }
  binary.end((inputs.at(-1) as { name: string }).name);
  return sent;
}

function wantedOutputs(
  { outputs, parameters }: InferenceEnvelope,
  known: readonly TensorSpec[],
): InferenceRequest['isBinary'] {
  const byDefault = parameters?.binary_data_output ?? false;
  if (!isGiven(outputs) || outputs.length === 0) return () => byDefault;
  const unknown = outputs.find(({ name }) => !known.some((output) => output.name === name));
  if (unknown !== undefined) throw new InferenceError(400, `the model has no output ${unknown.name}`);
  const classified = outputs.find(({ parameters }) => isGiven(parameters?.classification));
  if (classified !== undefined) {
    throw new InferenceError(
      400,
      `output ${classified.name} has the parameter classification: read the output itself`,
    );
  }
  const wanted = new Map(outputs.map((output) => [output.name, output.parameters?.binary_data ?? byDefault]));
  return (output) => wanted.get(output);
}

/** null counts as absent. */
function isGiven<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null;
}
