import type { ServerResponse } from 'node:http';
import type { Clock } from '../../shared/clock.ts';
import { sendJson } from '../../shared/http/json-response.ts';
import type { Servable } from '../decision/route/servable.ts';
import type { NamedTensor } from '../model/graph-signature.ts';
import { ScoringError } from '../model/model.ts';
import { graphRefusal } from './graph-refusal.ts';
import { InferenceError } from './inference-error.ts';
import { type InferenceRequest, parseInferenceRequest } from './inference-request.ts';
import type { ModelStatistics } from './inference-statistics.ts';
import { JSON_LENGTH_HEADER } from './tensor/binary-data.ts';
import { binaryData, describeOutput, jsonData } from './tensor/tensor-writer.ts';
import { validatedRows } from './validated-rows.ts';

/** Values of all outputs of one answer: 4,096 for each of 1,024 rows. */
export const ANSWER_VALUES_LIMIT = 4096 * 1024;

/** JSON, and the binary data that follow it. */
export interface InferenceAnswer {
  readonly json: unknown;
  readonly binary: readonly Uint8Array[];
}

interface InferOptions {
  readonly body: Uint8Array;
  /** Header of the binary data extension, if the client sent it. */
  readonly jsonLength: string | undefined;
  readonly statistics: ModelStatistics;
  readonly clock: Clock;
}

/**
 * Answers the body of `POST /v2/models/…/infer`.
 * @throws InferenceError if the client is at fault; ScoringError if the graph is
 */
export async function infer(
  { model, decider }: Servable,
  { body, jsonLength, statistics, clock }: InferOptions,
): Promise<InferenceAnswer> {
  const started = clock.monotonic();
  const graph = { inputs: model.inputs, outputs: model.signature.outputs };
  const request = parseInferenceRequest(body, jsonLength, graph);
  const rows = decider && validatedRows(decider, request.tensors);
  const read = clock.monotonic();
  const inference = rows ? model.inferRows(rows.features, rows.count) : model.infer(request.tensors);
  const outputs = await inference.catch((error: unknown) => {
    statistics.failed(clock.monotonic() - started, clock.now());
    // A contract has no rule about requests without rows, which some graphs refuse.
    const isValidated = rows !== undefined && rows.count !== 0;
    const refusal = !isValidated && error instanceof ScoringError ? graphRefusal(error) : undefined;
    throw refusal === undefined ? error : new InferenceError(400, refusal);
  });
  const inferred = clock.monotonic();
  const answer = answerOf(model.identity, request, outputs);
  const times = {
    compute_input: read - started,
    compute_infer: inferred - read,
    compute_output: clock.monotonic() - inferred,
  };
  statistics.succeeded(times, clock.now());
  return answer;
}

function answerOf(
  { name, version }: { readonly name: string; readonly version: string },
  { id, isBinary }: InferenceRequest,
  outputs: readonly NamedTensor[],
): InferenceAnswer {
  const binary: Uint8Array[] = [];
  const described: unknown[] = [];
  checkSize(outputs.filter((output) => isBinary(output.name) !== undefined));
  for (const output of outputs) {
    const asBinary = isBinary(output.name);
    if (asBinary === undefined) continue;
    if (!asBinary) {
      described.push({ ...describeOutput(output), data: jsonData(output) });
      continue;
    }
    const bytes = binaryData(output);
    binary.push(bytes);
    described.push({ ...describeOutput(output), parameters: { binary_data_size: bytes.length } });
  }
  const json = {
    model_name: name,
    model_version: version,
    ...(id === undefined ? {} : { id }),
    outputs: described,
  };
  return { json, binary };
}

/** A graph may make many values of few, and the process answers other requests only between two answers. */
function checkSize(outputs: readonly NamedTensor[]): void {
  const values = outputs.reduce((sum, { data }) => sum + data.length, 0);
  if (values <= ANSWER_VALUES_LIMIT) return;
  throw new InferenceError(
    400,
    `the answer would have ${values} values, and may have at most ${ANSWER_VALUES_LIMIT}: send fewer rows, or ask for fewer outputs`,
  );
}

/** Sends JSON alone if no output is binary, because clients expect the header only beside binary data. */
export function sendAnswer(response: ServerResponse, { json, binary }: InferenceAnswer): void {
  if (binary.length === 0) {
    sendJson(response, 200, json);
    return;
  }
  const text = Buffer.from(JSON.stringify(json));
  const body = Buffer.concat([text, ...binary]);
  response
    .writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': body.length,
      [JSON_LENGTH_HEADER]: text.length,
    })
    .end(body);
}
