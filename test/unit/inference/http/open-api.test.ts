import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { ApplicationDecoder } from '../../../../services/inference/decision/decode/application-decoder.ts';
import { INFERENCE_OPERATIONS } from '../../../../services/inference/http/operations/inference-operations.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import type { Field, ServingContract } from '../../../../services/shared/contract/serving-contract.ts';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { EXAMPLE_INPUT, loanArtifact, loanContract } from '../../../support/model/loan-model.ts';

type Json = Readonly<Record<string, never>>;

async function documentOf(contract: ServingContract | undefined) {
  await using app = await httpApp({ stable: new FakeModel({ contract }) });
  return (await app.call('/openapi.json')).json();
}

/** A validator of one schema of the document. */
function validator(document: Json, name: string) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  return ajv.addSchema(document, 'document').compile({ $ref: `document#/components/schemas/${name}` });
}

describe('/openapi.json', () => {
  test('is OpenAPI 3.1 with every operation of the server, and no other', async () => {
    const document = await documentOf(loanContract());
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    const given = Object.entries<object>(document.paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((key) => key !== 'parameters')
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
    const known = INFERENCE_OPERATIONS.flatMap(({ method, paths }) =>
      paths.map((path) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`),
    );
    expect(given.sort()).toEqual(known.sort());
  });

  test('refers to no schema that it does not have, and names each operation once', async () => {
    const document = await documentOf(loanContract());
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(Object.keys(document.components.schemas)).toContain(name);
    }
    expect(text).not.toMatch(/"\$ref":"#\/\$defs|"\$schema"/);
    const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('names every parameter of a path', async () => {
    const { paths } = await documentOf(loanContract());
    for (const [path, { parameters = [] }] of Object.entries<{ parameters?: { name: string }[] }>(paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.map(({ name }) => name)).toEqual(names);
    }
  });

  test("takes fields, words and an example from the stable model's contract", async () => {
    const contract = loanContract();
    const decision = {
      ...contract.decision,
      name: 'churns',
      positiveClass: 'leaves',
      negativeClass: 'stays',
    };
    const { schemas } = (await documentOf({ ...contract, decision })).components;
    const { input } = schemas.Application.properties;
    expect(Object.keys(input.properties)).toEqual(contract.fields.map(({ name }) => name));
    expect(input.required).toEqual(['ApplicantIncome']);
    expect(schemas.Application.examples[0].input).toEqual(contract.golden[0]?.input);
    expect(schemas.Prediction.properties).toMatchObject({
      churns: { type: 'boolean' },
      prediction: { enum: ['leaves', 'stays'] },
    });
  });

  test('has an example of inference that the model answers', async () => {
    const registry = new FakeRegistry();
    registry.add('7', loanArtifact());
    const stable = await loadModel({
      registry,
      name: 'loan-eligibility',
      version: '7',
      requireContract: true,
    });
    await using app = await httpApp({ stable });
    const { paths } = (await app.call('/openapi.json')).json();
    const { examples } = paths['/v2/models/{model}/infer'].post.requestBody.content['application/json'];
    const answer = await app.post('/v2/models/loan-eligibility/infer', examples.example1.value);
    expect(answer.status).toBe(200);
    expect(answer.json().outputs[0].data).toEqual([
      expect.closeTo(stable.contract?.golden[0]?.probability ?? 0, 4),
    ]);
  });

  test('follows the stable model', async () => {
    await using app = await httpApp();
    const fields = async () =>
      (await app.call('/openapi.json')).json().components.schemas.Application.properties.input.properties;
    expect(await fields()).toBeUndefined();
    app.router.setStable(new FakeModel());
    expect(Object.keys(await fields())).toHaveLength(11);
    const { fields: all, ...contract } = loanContract();
    app.router.setStable(new FakeModel({ version: '8', contract: { ...contract, fields: all.slice(5) } }));
    expect(Object.keys(await fields())).toHaveLength(6);
  });

  test('describes what the service answers', async () => {
    const document = await documentOf(loanContract());
    await using app = await httpApp({ stable: new FakeModel() });
    const answers: [string, unknown][] = [
      ['Prediction', (await app.post('/predict', EXAMPLE_INPUT)).json()],
      ['Error', (await app.post('/predict', '{')).json()],
      ['Ready', (await app.call('/readyz')).json()],
      ['Live', (await app.call('/livez')).json()],
      ['Home', (await app.call('/')).json()],
      ['ServerMetadata', (await app.call('/v2')).json()],
      ['ModelReady', (await app.call('/v2/models/loan-eligibility/ready')).json()],
      ['ModelMetadata', (await app.call('/v2/models/loan-eligibility')).json()],
      ['ProtocolError', (await app.call('/v2/models/other')).json()],
    ];
    for (const [name, answer] of answers) {
      const validate = validator(document, name);
      validate(answer);
      expect([name, validate.errors]).toEqual([name, null]);
      expect(Object.keys(document.components.schemas[name].properties)).toEqual(
        expect.arrayContaining(Object.keys(answer as object)),
      );
    }
  });
});

const text = fc.string({ minLength: 1, maxLength: 8 });
const number = fc.double({ min: -1e6, max: 1e9, noNaN: true });

const stringField = fc.record({
  type: fc.constant('string' as const),
  required: fc.boolean(),
  values: fc.uniqueArray(fc.oneof(text, fc.integer().map(String)), { minLength: 1, maxLength: 5 }),
});
const numberField = fc
  .record({
    required: fc.boolean(),
    bounds: fc.option(fc.tuple(number, number)),
    levels: fc.option(fc.uniqueArray(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 4 })),
  })
  .map(({ required, bounds, levels }) => ({
    type: 'number' as const,
    required,
    ...(bounds ? { minimum: Math.min(...bounds), maximum: Math.max(...bounds) } : {}),
    ...(levels && !bounds ? { levels } : {}),
  }));

/** A value of any kind, and values near the rules of the field. */
function valueFor(field: object): fc.Arbitrary<unknown> {
  const own = Object.values(field).flat();
  return fc.oneof(
    fc.constantFrom(...own, ...own.map(String), ...own.map(Number), null, '', 'NaN', true, [], {}),
    fc
      .integer({ min: -10, max: 1_000_000 })
      .chain((whole) => fc.constantFrom(whole, String(whole), `${whole}.5`)),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.stringMatching(/^[0-9]{1,12}(\.[0-9]{1,6})?$/),
    text,
  );
}

describe('the schema of an application', () => {
  test('accepts no value that the service refuses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .oneof(stringField, numberField)
          .chain((field) =>
            fc.tuple(fc.constant(field), fc.array(valueFor(field), { minLength: 20, maxLength: 20 })),
          ),
        async ([definition, values]) => {
          const field = { name: 'x', ...definition } as Field;
          const contract = { ...loanContract(), fields: [field] };
          const validate = validator(await documentOf(contract), 'Features');
          const decoder = new ApplicationDecoder(contract, { maximumBytes: 10_000 });
          for (const value of values) {
            const application = JSON.parse(JSON.stringify({ x: value }));
            const rejection = decoder.decodeFeatures(application, decoder.columns(1), 0);
            const accepted = validate(application);
            if (accepted) expect([field, value, rejection]).toEqual([field, value, undefined]);
            // The other way round, the service also takes numbers as texts.
            if (!accepted && typeof value !== 'string') expect(rejection).toBeDefined();
          }
        },
      ),
      { numRuns: 100, seed: 7 },
    );
  });

  test.each<[unknown, boolean]>([
    [{ input: EXAMPLE_INPUT }, true],
    [{ input: EXAMPLE_INPUT, request_id: 'a' }, true],
    [{ input: EXAMPLE_INPUT, request_id: 7, more: 1 }, true],
    [{ input: EXAMPLE_INPUT, request_id: 1.5 }, false],
    [{ input: EXAMPLE_INPUT, request_id: 'a'.repeat(257) }, false],
    [{ input: { ...EXAMPLE_INPUT, Married: 'Maybe' } }, false],
    [{ input: 3 }, false],
    [EXAMPLE_INPUT, true],
    [{}, false],
    [{ Records: [] }, true],
    [{ extra: 1, Records: [] }, true],
    [{ Records: [{ kinesis: { data: '%' } }] }, false],
    [[], false],
  ])('says of the body %j, as the service: %p', async (body, valid) => {
    await using app = await httpApp({ stable: new FakeModel() });
    const document = (await app.call('/openapi.json')).json();
    const { schema } = document.paths['/predict'].post.requestBody.content['application/json'];
    const ajv = new Ajv2020({ strict: false, formats: { base64: /^[A-Za-z0-9+/]*=*$/ } });
    const validate = ajv.compile({ ...schema, components: document.components });
    expect(validate(body)).toBe(valid);
    expect((await app.post('/predict', body)).status === 200).toBe(valid);
  });
});
