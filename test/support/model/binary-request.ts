import { JSON_LENGTH_HEADER } from '../../../services/inference/http/tensor/binary-data.ts';

/** A request or an answer of the binary data extension: JSON, and the bytes that follow it. */
export function binaryRequest(json: object, ...binary: readonly Uint8Array[]): RequestInit {
  const text = Buffer.from(JSON.stringify(json));
  return {
    method: 'POST',
    headers: { [JSON_LENGTH_HEADER]: String(text.length) },
    body: Buffer.concat([text, ...binary]),
  };
}

/** The JSON of an answer, and the bytes of each output. */
export async function readBinaryAnswer(response: Response) {
  const body = Buffer.from(await response.arrayBuffer());
  const length = Number(response.headers.get(JSON_LENGTH_HEADER) ?? body.length);
  const json = JSON.parse(body.subarray(0, length).toString());
  let offset = length;
  const binary = new Map<string, Buffer>();
  for (const { name, parameters } of json.outputs ?? []) {
    if (parameters === undefined) continue;
    binary.set(name, body.subarray(offset, offset + parameters.binary_data_size));
    offset += parameters.binary_data_size;
  }
  return { status: response.status, headers: response.headers, json, binary, rest: body.subarray(offset) };
}
