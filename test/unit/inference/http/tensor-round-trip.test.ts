import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  DATATYPES,
  elementsOf,
  type NumericType,
} from '../../../../services/inference/http/tensor/datatype.ts';
import { encodeTexts } from '../../../../services/inference/http/tensor/text-data.ts';
import type { TensorType } from '../../../../services/inference/model/graph-signature.ts';
import { binaryRequest, readBinaryAnswer } from '../../../support/model/binary-request.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { plainModel } from '../../../support/model/plain-model.ts';

const INFER = '/v2/models/loan-eligibility/infer';

/** Values of each type, as the protocol's JSON writes them: integers above 2^53 in their own digits. */
const VALUES: Record<TensorType, fc.Arbitrary<unknown>> = {
  string: fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
  bool: fc.boolean(),
  int8: integer(-(2n ** 7n), 2n ** 7n - 1n),
  int16: integer(-(2n ** 15n), 2n ** 15n - 1n),
  int32: integer(-(2n ** 31n), 2n ** 31n - 1n),
  int64: integer(-(2n ** 63n), 2n ** 63n - 1n),
  uint8: integer(0n, 2n ** 8n - 1n),
  uint16: integer(0n, 2n ** 16n - 1n),
  uint32: integer(0n, 2n ** 32n - 1n),
  uint64: integer(0n, 2n ** 64n - 1n),
  float16: fc.double({ noNaN: true, min: -65504, max: 65504 }).map((value) => Math.f16round(value)),
  float32: fc.float({ noNaN: true, noDefaultInfinity: true }),
  float64: fc.double({ noNaN: true, noDefaultInfinity: true }),
};

function integer(min: bigint, max: bigint): fc.Arbitrary<bigint> {
  return fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n));
}

/** JSON text of one value. JSON writes -0 as 0, and a float stays the same when it is added to 0. */
function written(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

/** The little-endian bytes of values, by a way of their own. */
function bytesOf(type: TensorType, values: readonly unknown[]): Uint8Array {
  if (type === 'string') return encodeTexts(values as string[]);
  const size = { b: 1, '8': 1, '6': 2, '2': 4, '4': 8 }[type === 'bool' ? 'b' : (type.at(-1) as '8')];
  const view = new DataView(new ArrayBuffer(values.length * size));
  values.forEach((value, index) => {
    const at = index * size;
    if (type === 'float16') view.setFloat16(at, value as number, true);
    else if (type === 'float32') view.setFloat32(at, value as number, true);
    else if (type === 'float64') view.setFloat64(at, value as number, true);
    else {
      let rest = BigInt.asUintN(size * 8, BigInt(value as bigint));
      for (let byte = 0; byte < size; byte++, rest >>= 8n) view.setUint8(at + byte, Number(rest & 0xffn));
    }
  });
  return new Uint8Array(view.buffer);
}

describe.each(Object.keys(DATATYPES) as TensorType[])('a graph that answers what it gets, %s', (type) => {
  let app: Awaited<ReturnType<typeof httpApp>>;
  beforeAll(async () => {
    const stable = await plainModel({
      inputs: [{ name: 'x', type, shape: ['N', 'M'] }],
      outputs: [{ name: 'y', type, shape: ['N', 'M'] }],
      initializers: [],
      nodes: [{ operator: 'Identity', inputs: ['x'], output: 'y' }],
    });
    app = await httpApp({ stable });
  });
  afterAll(() => app.close());

  const datatype = DATATYPES[type];
  const tensors = fc.nat({ max: 5 }).chain((rows) =>
    fc.integer({ min: 1, max: 3 }).chain((columns) =>
      fc.record({
        shape: fc.constant([rows, columns]),
        values: fc.array(VALUES[type], { minLength: rows * columns, maxLength: rows * columns }),
      }),
    ),
  );

  test('takes and gives binary data', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, async ({ shape, values }) => {
        const bytes = bytesOf(type, values);
        const inputs = [{ name: 'x', datatype, shape, parameters: { binary_data_size: bytes.length } }];
        const request = binaryRequest({ inputs, parameters: { binary_data_output: true } }, bytes);
        const answer = await readBinaryAnswer(await fetch(app.url + INFER, request));
        expect(answer.json.outputs).toEqual([
          { name: 'y', datatype, shape, parameters: { binary_data_size: bytes.length } },
        ]);
        expect(answer.headers.get('content-type')).toBe('application/octet-stream');
        expect(answer.rest).toHaveLength(0);
        expect(new Uint8Array(answer.binary.get('y') ?? [])).toEqual(bytes);
      }),
      { numRuns: 25 },
    );
  });

  test('takes and gives JSON, with every digit', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, fc.boolean(), async ({ shape, values }, nested) => {
        const texts = values.map(written);
        const rows = Array.from({ length: shape[0] as number }, (_, row) =>
          texts.slice(row * (shape[1] as number), (row + 1) * (shape[1] as number)).join(),
        );
        const data = nested ? rows.map((row) => `[${row}]`).join() : texts.join();
        const { status, text } = await app.post(
          INFER,
          `{"inputs": [{"name": "x", "datatype": "${datatype}", "shape": [${shape}], "data": [${data}]}]}`,
        );
        expect(status).toBe(200);
        const [, answered] = /"data":\[(.*)\]\}\]\}$/s.exec(text) ?? [];
        expect(answered).toBe(texts.join());
      }),
      { numRuns: 25 },
    );
  });
});

describe('a number in another datatype than the graph has', () => {
  test('has the same value, or is refused', async () => {
    const types = (Object.keys(DATATYPES) as TensorType[]).filter(
      (type): type is NumericType => type !== 'string',
    );
    await using apps = new AsyncDisposableStack();
    const urls = new Map<NumericType, string>();
    for (const type of types) {
      const stable = await plainModel({
        inputs: [{ name: 'x', type, shape: ['N'] }],
        outputs: [{ name: 'y', type, shape: ['N'] }],
        initializers: [],
        nodes: [{ operator: 'Identity', inputs: ['x'], output: 'y' }],
      });
      const app = await httpApp({ stable });
      apps.defer(() => app.close());
      urls.set(type, app.url);
    }
    const sent = fc
      .constantFrom(...types)
      .chain((from) =>
        fc.record({ from: fc.constant(from), to: fc.constantFrom(...types), value: VALUES[from] }),
      );
    await fc.assert(
      fc.asyncProperty(sent, async ({ from, to, value }) => {
        const bytes = bytesOf(from, [value]);
        const input = {
          name: 'x',
          datatype: DATATYPES[from],
          shape: [1],
          parameters: { binary_data_size: bytes.length },
        };
        const request = binaryRequest({ inputs: [input], parameters: { binary_data_output: true } }, bytes);
        const answer = await readBinaryAnswer(await fetch(urls.get(to) + INFER, request));
        const json = await fetch(urls.get(to) + INFER, {
          method: 'POST',
          body: `{"inputs": [{"name": "x", "datatype": "${DATATYPES[from]}", "shape": [1], "data": [${written(value)}]}]}`,
        });
        expect(json.status).toBe(answer.status);
        if (answer.status === 400) {
          expect(answer.json.error).toMatch(/^input x holds /);
          return;
        }
        expect(answer.status).toBe(200);
        const [got] = elementsOf(to, answer.binary.get('y') ?? new Uint8Array());
        const rounded =
          to === 'float32'
            ? Math.fround(Number(value))
            : to === 'float16'
              ? Math.f16round(Number(value))
              : value;
        expect(Number(got) === Number(rounded)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
