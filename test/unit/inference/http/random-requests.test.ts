import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DATATYPES } from '../../../../services/inference/http/tensor/datatype.ts';
import { binaryRequest } from '../../../support/model/binary-request.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { plainModel } from '../../../support/model/plain-model.ts';

const TYPES = ['int64', 'float32', 'string', 'bool', 'float16'] as const;
const NAMES = ['a', 'b', 'c', 'd', 'e'];

/** A value that is right most of the time, and anything at all otherwise. */
function mostly(right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary: right, weight: 8 }, { arbitrary: fc.jsonValue({ maxDepth: 2 }), weight: 1 });
}

const size = fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(-1, 2 ** 31, 2 ** 53, 0.5));
const shape = fc.array(fc.oneof(fc.nat({ max: 3 }), fc.constantFrom(-1, 1025, 2 ** 40)), { maxLength: 3 });
const value = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.constant(null));
const parameters = mostly(
  fc.record({ binary_data_size: mostly(size) }, { requiredKeys: [] }).map((it) => it as unknown),
);

const input = fc.record(
  {
    name: mostly(fc.constantFrom(...NAMES)),
    datatype: mostly(fc.constantFrom(...Object.values(DATATYPES), 'BF16')),
    shape: mostly(shape),
    data: mostly(fc.array(fc.oneof(value, fc.array(value, { maxLength: 2 })), { maxLength: 4 })),
    parameters,
  },
  { requiredKeys: ['name', 'datatype', 'shape'] },
);

const body = fc.record(
  {
    id: mostly(fc.string()),
    parameters: mostly(fc.record({ binary_data_output: mostly(fc.boolean()) })),
    inputs: mostly(
      fc.oneof(
        fc.array(input, { maxLength: 6 }),
        // One input of each name, so that some requests reach the graph.
        fc.tuple(...NAMES.map((name) => input.map((it) => ({ ...it, name })))),
      ),
    ),
    outputs: mostly(fc.array(fc.record({ name: mostly(fc.constantFrom('a_out', 'x')), parameters }))),
  },
  { requiredKeys: ['inputs'] },
);

test('a request of any form is answered, or refused with a text', async () => {
  const named = (suffix: string) =>
    TYPES.map((type, index) => ({ name: `${NAMES[index]}${suffix}`, type, shape: [''] }));
  const stable = await plainModel({
    inputs: named(''),
    outputs: named('_out'),
    initializers: [],
    nodes: NAMES.map((name) => ({ operator: 'Identity', inputs: [name], output: `${name}_out` })),
  });
  await using app = await httpApp({ stable });
  await fc.assert(
    fc.asyncProperty(body, fc.uint8Array({ maxLength: 60 }), async (json, bytes) => {
      const response = await fetch(`${app.url}/v2/models/loan-eligibility/infer`, binaryRequest(json, bytes));
      const text = await response.text();
      expect([200, 400]).toContain(response.status);
      if (response.status === 400) {
        expect(response.headers.get('content-type')).toBe('application/json');
        expect(typeof JSON.parse(text).error).toBe('string');
      }
    }),
    { numRuns: 400 },
  );
});
