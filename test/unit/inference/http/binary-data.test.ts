import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { JSON_LENGTH_HEADER } from '../../../../services/inference/http/tensor/binary-data.ts';
import { encodeTexts } from '../../../../services/inference/http/tensor/text-data.ts';
import { binaryRequest, readBinaryAnswer } from '../../../support/model/binary-request.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { plainModel } from '../../../support/model/plain-model.ts';

const INFER = '/v2/models/loan-eligibility/infer';

const NUMBERS = { name: 'numbers', datatype: 'FP32', shape: [2] };
const TEXTS = { name: 'texts', datatype: 'BYTES', shape: [2] };
const numbers = new Uint8Array(Float32Array.of(1.5, -2).buffer);
const texts = encodeTexts(['é', '']);

const sized = (input: object, size: unknown) => ({ ...input, parameters: { binary_data_size: size } });

/** Inputs of two types, which the graph answers as they are. */
describe('the binary data of a request', () => {
  let app: Awaited<ReturnType<typeof httpApp>>;
  beforeAll(async () => {
    const value = (name: string, type: 'float32' | 'string') => ({ name, type, shape: [''] });
    const stable = await plainModel({
      inputs: [value('numbers', 'float32'), value('texts', 'string')],
      outputs: [value('same_numbers', 'float32'), value('same_texts', 'string')],
      initializers: [],
      nodes: [
        { operator: 'Identity', inputs: ['numbers'], output: 'same_numbers' },
        { operator: 'Identity', inputs: ['texts'], output: 'same_texts' },
      ],
    });
    app = await httpApp({ stable });
  });
  afterAll(() => app.close());

  const send = async (request: RequestInit) => readBinaryAnswer(await fetch(app.url + INFER, request));

  test('follow the JSON in the order of the inputs, not in that of the graph', async () => {
    const { status, json } = await send(
      binaryRequest({ inputs: [sized(TEXTS, texts.length), sized(NUMBERS, 8)] }, texts, numbers),
    );
    expect(status).toBe(200);
    expect(json.outputs).toEqual([
      { name: 'same_numbers', datatype: 'FP32', shape: [2], data: [1.5, -2] },
      { name: 'same_texts', datatype: 'BYTES', shape: [2], data: ['é', ''] },
    ]);
  });

  test('may stand beside inputs in JSON, and outputs may be of both forms', async () => {
    const inputs = [{ ...NUMBERS, data: [1.5, null], parameters: null }, sized(TEXTS, texts.length)];
    const { status, json, binary } = await send(
      binaryRequest(
        {
          inputs,
          parameters: { binary_data_output: true },
          outputs: [{ name: 'same_numbers', parameters: { binary_data: false } }, { name: 'same_texts' }],
        },
        texts,
      ),
    );
    expect(status).toBe(200);
    expect(json.outputs).toEqual([
      { name: 'same_numbers', datatype: 'FP32', shape: [2], data: [1.5, null] },
      { name: 'same_texts', datatype: 'BYTES', shape: [2], parameters: { binary_data_size: texts.length } },
    ]);
    expect(new Uint8Array(binary.get('same_texts') ?? [])).toEqual(texts);
  });

  test('may be packed as a whole', async () => {
    const request = binaryRequest(
      { inputs: [sized(NUMBERS, 8), sized(TEXTS, texts.length)] },
      numbers,
      texts,
    );
    const stream = new Blob([request.body as Buffer<ArrayBuffer>]).stream();
    const packed = await new Response(stream.pipeThrough(new CompressionStream('gzip'))).bytes();
    const headers = { ...request.headers, 'Content-Encoding': 'gzip' };
    expect(await send({ ...request, headers, body: packed })).toMatchObject({ status: 200 });
  });

  test('of an empty input may be announced without the header, beside data null', async () => {
    const none = { shape: [0], data: null, parameters: { binary_data_size: 0 } };
    const { status, json } = await app.post(INFER, {
      inputs: [
        { ...NUMBERS, ...none },
        { ...TEXTS, ...none },
      ],
    });
    expect(status).toBe(200);
    expect(json().outputs.map(({ data }: { data: unknown }) => data)).toEqual([[], []]);
  });

  const good = { numbers: sized(NUMBERS, 8), texts: sized(TEXTS, texts.length) };
  const textBytes = (...bytes: number[]) => Uint8Array.from(bytes);
  const withTexts = (bytes: Uint8Array, shape = [1]) =>
    binaryRequest({ inputs: [good.numbers, sized({ ...TEXTS, shape }, bytes.length)] }, numbers, bytes);

  test.each<[string, RequestInit, string]>([
    [
      'a size below 0',
      binaryRequest({ inputs: [sized(NUMBERS, -1), good.texts] }, texts),
      'input "numbers": inputs.0.parameters.binary_data_size: Too small: expected number to be >=0',
    ],
    [
      'half a byte',
      binaryRequest({ inputs: [sized(NUMBERS, 0.5), good.texts] }, texts),
      'input "numbers": inputs.0.parameters.binary_data_size: Invalid input: expected int, received number',
    ],
    [
      'a size as a text',
      binaryRequest({ inputs: [sized(NUMBERS, '8'), good.texts] }, texts),
      'input "numbers": inputs.0.parameters.binary_data_size: Invalid input: expected number, received string',
    ],
    [
      'a size beyond 2^53',
      {
        method: 'POST',
        body: `{"inputs": [{"name": "numbers", "datatype": "FP32", "shape": [2], "parameters": {"binary_data_size": 9007199254740993}}]}`,
      },
      'input "numbers": inputs.0.parameters.binary_data_size: Invalid input: expected number, received bigint',
    ],
    [
      'a size beyond the body',
      binaryRequest({ inputs: [sized(NUMBERS, 1e15), good.texts] }, numbers, texts),
      'input numbers has a binary_data_size of 1000000000000000, but 18 bytes are left after the JSON and the inputs before',
    ],
    [
      'no header',
      { method: 'POST', body: JSON.stringify({ inputs: [good.numbers, good.texts] }) },
      'input numbers has a binary_data_size of 8, but 0 bytes are left after the JSON: the header Inference-Header-Content-Length is missing',
    ],
    [
      'a truncated body',
      binaryRequest({ inputs: [good.numbers, good.texts] }, numbers, texts.subarray(0, -1)),
      'input texts has a binary_data_size of 10, but 9 bytes are left after the JSON and the inputs before',
    ],
    [
      'bytes after the last input',
      binaryRequest({ inputs: [good.numbers, good.texts] }, numbers, texts, textBytes(0)),
      'input texts is the last input, and 1 bytes follow its data: every byte must belong to an input',
    ],
    [
      'data twice',
      binaryRequest({ inputs: [{ ...good.numbers, data: [1, 2] }, good.texts] }, numbers, texts),
      'input numbers has both data and binary_data_size: give only one of them',
    ],
    [
      'no data at all',
      binaryRequest({ inputs: [NUMBERS, good.texts] }, texts),
      'input numbers has no data: give data or binary_data_size',
    ],
    [
      'more bytes than the shape needs',
      binaryRequest({ inputs: [sized({ ...NUMBERS, shape: [1] }, 8), good.texts] }, numbers, texts),
      'input numbers has 8 bytes of binary data: 1 values of FP32 need 4',
    ],
    [
      'a shape that overflows',
      binaryRequest(
        { inputs: [sized({ ...NUMBERS, datatype: 'UINT8', shape: [1000] }, 8), good.texts] },
        numbers,
        texts,
      ),
      'input numbers has 8 bytes of binary data: 1000 values of UINT8 need 1000',
    ],
    [
      'a BOOL that is neither 0 nor 1',
      binaryRequest(
        { inputs: [sized({ ...NUMBERS, datatype: 'BOOL' }, 2), good.texts] },
        textBytes(1, 2),
        texts,
      ),
      'input numbers holds 2: it must be 0 or 1',
    ],
    [
      'a text longer than its input',
      withTexts(textBytes(0xff, 0xff, 0xff, 0xff, 0x61)),
      'input texts has binary data that gives text 0 a length of 4294967295 bytes, but 1 are left',
    ],
    [
      'half a length',
      withTexts(textBytes(0, 0, 0)),
      'input texts has binary data that ends inside of the length of text 0',
    ],
    [
      'a text too few',
      withTexts(encodeTexts(['a']), [2]),
      'input texts has 1 texts in its binary data: its shape needs 2',
    ],
    [
      'a text that is not UTF-8',
      withTexts(textBytes(1, 0, 0, 0, 0xff)),
      'input texts has binary data that has a text 0 that is not UTF-8',
    ],
    [
      'more texts than a request may have',
      withTexts(new Uint8Array(4 * 400_001), [1024]),
      'input texts has binary data that has more than 400000 texts',
    ],
    [
      'a text that onnxruntime would cut',
      withTexts(encodeTexts(['a\0b'])),
      'input texts holds "a\\u0000b": it must be a text without NUL, because onnxruntime cuts a text at a NUL',
    ],
    [
      'shared memory',
      binaryRequest({ inputs: [{ ...NUMBERS, parameters: { shared_memory_region: 'r' } }] }),
      'input numbers is in shared memory: send data or binary data',
    ],
    [
      'classes in place of values',
      binaryRequest(
        {
          inputs: [good.numbers, good.texts],
          outputs: [{ name: 'same_numbers', parameters: { classification: 2 } }],
        },
        numbers,
        texts,
      ),
      'output same_numbers has the parameter classification: read the output itself',
    ],
  ])('are refused for %s', async (_, request, error) => {
    const { status, json, headers } = await send(request);
    expect(json).toEqual({ error });
    expect(status).toBe(400);
    expect(headers.get('content-type')).toBe('application/json');
  });

  test.each(['-1', '', 'x', '1e2', '0x10', '99999999999', '5, 5', '100000'])(
    'are refused behind the header %p',
    async (length) => {
      const { status, json } = await send({
        method: 'POST',
        headers: { [JSON_LENGTH_HEADER]: length },
        body: JSON.stringify({ inputs: [] }),
      });
      expect(status).toBe(400);
      expect(json.error).toBe(
        'Inference-Header-Content-Length must be the length of the JSON in bytes, at most the 13 bytes of the body',
      );
    },
  );

  test('are answered or refused, but never break the server, whatever the sizes are', async () => {
    const size = fc.oneof(
      fc.nat({ max: 24 }),
      fc.integer(),
      fc.double(),
      fc.constantFrom(null, 2 ** 31, 2 ** 53),
    );
    await fc.assert(
      fc.asyncProperty(
        size,
        size,
        fc.uint8Array({ maxLength: 32 }),
        fc.array(fc.nat({ max: 3 }), { maxLength: 3 }),
        fc.option(fc.integer({ min: -3, max: 3 })),
        async (one, other, bytes, shape, shift) => {
          const inputs = [sized({ ...NUMBERS, shape }, one), sized({ ...TEXTS, shape }, other)];
          const request = binaryRequest({ inputs }, bytes);
          const headers = request.headers as Record<string, string>;
          const length = Number(headers[JSON_LENGTH_HEADER]) + (shift ?? 0);
          const sent = { ...request, headers: { [JSON_LENGTH_HEADER]: String(length) } };
          const { status, json } = await send(sent);
          expect([200, 400]).toContain(status);
          if (status === 400) expect(typeof json.error).toBe('string');
        },
      ),
      { numRuns: 300 },
    );
  });
});
