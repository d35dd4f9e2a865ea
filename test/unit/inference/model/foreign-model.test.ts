import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseInferenceRequest } from '../../../../services/inference/http/inference-request.ts';
import { FeatureColumns } from '../../../../services/inference/model/feature-columns.ts';
import { graphInputNames } from '../../../../services/inference/model/input-names.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import type { Model } from '../../../../services/inference/model/model.ts';
import type { ServingContract } from '../../../../services/shared/contract/serving-contract.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import {
  FOREIGN_CONTRACT,
  type ForeignGraphOptions,
  foreignArtifact,
  foreignGraph,
} from '../../../support/model/foreign-model.ts';

function load(files: Map<string, Uint8Array>): Promise<Model> {
  const registry = new FakeRegistry();
  registry.add('1', files);
  return loadModel({ registry, name: 'churn', version: '1', requireContract: false });
}

const CLASSES = { outputClasses: ['stays', 'leaves'] } as const;
const SWAPPED = {
  outputClasses: ['stays', 'leaves'],
  decision: { ...FOREIGN_CONTRACT.decision, positiveClass: 'stays', negativeClass: 'leaves' },
  golden: FOREIGN_CONTRACT.golden.map(({ input, probability }) => ({ input, probability: 1 - probability })),
} as const;

describe('the probability of each row is read', () => {
  const forms: [string, ForeignGraphOptions, Partial<ServingContract>][] = [
    ['from [N]', { form: '[N]' }, {}],
    ['from [N, 1]', { form: '[N, 1]' }, {}],
    ['from doubles', { form: '[N, 1]', type: 'float64' }, {}],
    ['from [N, 2] with its classes', { form: '[N, 2]' }, CLASSES],
    ['from doubles [N, 2] with their classes', { form: '[N, 2]', type: 'float64' }, CLASSES],
    ['from the first of two classes', { form: '[N, 2]' }, SWAPPED],
    ['from [N, C], which turns out to have two columns', { form: '[N, 2]', declared: ['N', 'C'] }, CLASSES],
    ['from [N, C], which turns out to have one column', { form: '[N, 1]', declared: ['N', 'C'] }, {}],
    ['from an output without a declared shape', { form: '[N, 2]', declared: [] }, CLASSES],
  ];

  test.each(forms)('%s', async (_, graph, contract) => {
    const model = await load(foreignArtifact(foreignGraph(graph), contract));
    const values = Array.from({ length: 300 }, (_, row) => row / 300);
    const rows = values.map((x) => ({ x }));
    const scores = await model.score(FeatureColumns.fromRows(FOREIGN_CONTRACT, rows), rows.length);
    expect(scores).toHaveLength(300);
    values.forEach((x, row) => {
      expect(scores[row]).toBeCloseTo(contract === SWAPPED ? 1 - x : x, 6);
    });
    await model.close();
  });
});

describe('a version is refused, saying what to do,', () => {
  test.each<[string, ForeignGraphOptions, Partial<ServingContract>, string, RegExp]>([
    [
      'if [N, 2] has no classes',
      { form: '[N, 2]' },
      {},
      'SignatureMismatch',
      /output p \(float32 \[N, 2\]\) has a column for each class: add outputClasses to serving.json.*\["stays","leaves"\]/,
    ],
    [
      'if an open shape turns out to be [N, 2]',
      { form: '[N, 2]', declared: ['N', 'C'] },
      {},
      'SignatureMismatch',
      /add outputClasses/,
    ],
    [
      'if an undeclared shape turns out to be [N, 2]',
      { form: '[N, 2]', declared: [] },
      {},
      'SignatureMismatch',
      /add outputClasses/,
    ],
    [
      'if an open shape turns out to have one column of two',
      { form: '[N, 1]', declared: ['N', 'C'] },
      CLASSES,
      'SignatureMismatch',
      /remove outputClasses/,
    ],
    [
      'if all rows share one score',
      { form: '[]' },
      { golden: [{ input: { x: 0.5 }, probability: 0.5 }] },
      'SignatureMismatch',
      /shape \[\] for 2 rows/,
    ],
    ['if [N] has classes', { form: '[N]' }, CLASSES, 'SignatureMismatch', /remove outputClasses/],
    ['if [N, 1] has classes', { form: '[N, 1]' }, CLASSES, 'SignatureMismatch', /remove outputClasses/],
    ['if there are three columns', { form: '[N, 3]' }, CLASSES, 'SignatureMismatch', /should be .*\[N, 2\]/],
    [
      'if the output is a label',
      { type: 'int64' },
      {},
      'SignatureMismatch',
      /p \(int64 \[N, 1\]\) should be/,
    ],
    [
      'if the batch of the input is fixed',
      { rows: 1, declared: ['N', 1] },
      {},
      'SignatureMismatch',
      /input x \(float32 \[1, 1\]\) has a fixed number of rows: export the graph with a free first dimension/,
    ],
    [
      'if the batch of the output is fixed',
      { declared: [4, 1] },
      {},
      'SignatureMismatch',
      /output p \(float32 \[4, 1\]\) has a fixed number of rows/,
    ],
    [
      'if no class is the positive one',
      { form: '[N, 2]' },
      { outputClasses: ['0', '1'] },
      'InvalidContract',
      /outputClasses are \["0","1"\], without decision.positiveClass "leaves"/,
    ],
    [
      'if the score is no probability',
      { factor: 8 },
      {},
      'GoldenSampleMismatch',
      /sample 0 gives 2, training computed 0.25 .* no probability in \[0, 1\]/,
    ],
  ])('%s', async (_, graph, contract, reason, message) => {
    await expect(load(foreignArtifact(foreignGraph(graph), contract))).rejects.toMatchObject({
      reason,
      message: expect.stringMatching(message),
    });
  });
});

describe('an input that a converter renamed', () => {
  const fields = [{ name: 'Credit History', type: 'number', required: true }] as const;
  const golden = [{ input: { 'Credit History': 0.25 }, probability: 0.25 }];
  const graph = foreignGraph({ input: 'Credit_History' });

  test('is fed by its field, and clients may send both names', async () => {
    const model = await load(foreignArtifact(graph, { fields, golden }));
    expect(model.inputs).toMatchObject([
      { name: 'Credit History', aliases: ['Credit_History'], type: 'float32', shape: [-1, 1] },
    ]);
    const rows = FeatureColumns.fromRows({ fields }, [{ 'Credit History': 0.5 }]);
    expect([...(await model.score(rows, 1))]).toEqual([0.5]);
    const [output] = await model.inferRows(rows, 1);
    expect([...(output?.data ?? [])]).toEqual([0.5]);
    await model.close();
  });

  test.each([
    [['Credit History'], undefined],
    [['Credit_History'], undefined],
    [['Credit.History'], 'input Credit History is missing'],
    [['Credit History', 'Credit_History'], 'the model has no input "Credit_History"'],
  ])('may be sent to /v2 as %j', async (names, refusal) => {
    const model = await load(foreignArtifact(graph, { fields, golden }));
    const inputs = names.map((name) => ({ name, shape: [1, 1], datatype: 'FP32', data: [0.5] }));
    const outputs = model.signature.outputs;
    const read = () =>
      parseInferenceRequest(Buffer.from(JSON.stringify({ inputs })), undefined, {
        inputs: model.inputs,
        outputs,
      });
    if (refusal === undefined) expect(read().tensors).toMatchObject([{ name: 'Credit History' }]);
    else expect(read).toThrow(refusal);
    await model.close();
  });

  test("has the signature's name as an alias if there is no contract", async () => {
    const files = foreignArtifact(graph, undefined, ['Credit History']);
    files.delete('serving.json');
    const model = await load(files);
    expect(model.inputs).toMatchObject([
      { name: 'Credit_History', aliases: ['Credit History'], type: 'float32', shape: [-1, 1] },
    ]);
    await model.close();
  });

  test('has the name of the signature as an alias beside that of its field', async () => {
    const same = [{ name: 'Credit_History', type: 'number', required: true }] as const;
    const samples = [{ input: { Credit_History: 0.25 }, probability: 0.25 }];
    const model = await load(foreignArtifact(graph, { fields: same, golden: samples }, ['Credit History']));
    expect(model.inputs).toMatchObject([{ name: 'Credit_History', aliases: ['Credit History'] }]);
    await model.close();
  });

  test('is named by its field if the column of the signature has a name of its own', async () => {
    const model = await load(foreignArtifact(foreignGraph(), {}, ['months']));
    expect(model.inputs).toMatchObject([{ name: 'x', shape: [-1, 1] }]);
    await model.close();
  });

  test.each<[string, readonly string[], readonly string[], Record<string, string>]>([
    ['equal names', ['a', 'b c'], ['b c', 'a'], { a: 'a', 'b c': 'b c' }],
    [
      'replaced characters',
      ['Größe (m²)', '1st-x'],
      ['_1st_x', 'Gr__e__m__'],
      { 'Größe (m²)': 'Gr__e__m__', '1st-x': '_1st_x' },
    ],
    ['a character beyond 16 bits', ['a😀'], ['a_'], { 'a😀': 'a_' }],
    ['two names that become one', ['a b', 'a-b'], ['a_b'], {}],
    ['two inputs that one name could mean', ['a b'], ['a_b', 'a.b'], {}],
    ['a name that equals an input', ['a b', 'a_b'], ['a_b'], { a_b: 'a_b' }],
    ['names in another case', ['Ab'], ['ab'], {}],
  ])('is found by name: %s', (_, names, inputs, expected) => {
    expect(Object.fromEntries(graphInputNames(names, inputs))).toEqual(expected);
  });

  test('is never meant by two names', () => {
    const name = fc.stringMatching(/^[ab _.é]{1,3}$/);
    fc.assert(
      fc.property(fc.uniqueArray(name), fc.uniqueArray(name), (names, inputs) => {
        const found = [...graphInputNames(names, inputs).values()];
        expect(new Set(found).size).toBe(found.length);
        for (const input of found) expect(inputs).toContain(input);
      }),
    );
  });
});
