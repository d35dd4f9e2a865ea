import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadModel } from '../../../services/inference/model/load-model.ts';
import type { Model } from '../../../services/inference/model/model.ts';
import type { Field } from '../../../services/shared/contract/serving-contract.ts';
import { batchOf, read, streamRecord } from '../../support/model/decision-stack.ts';
import { FakeRegistry } from '../../support/model/fake-registry.ts';
import { httpApp } from '../../support/model/http-app.ts';
import { LOAN_FIELDS, type LoanModelOptions, loanArtifact } from '../../support/model/loan-model.ts';
import { propertyCases, propertyMilliseconds } from '../../support/property-cases.ts';

const LAMBDA = '/2015-03-31/functions/function/invocations';
const INFER = '/v2/models/loan-eligibility/infer';
const { signal } = new AbortController();

/** Versions of one fit. */
const VERSIONS: readonly LoanModelOptions['missingCategory'][] = [undefined, 'nan', 'code'];

function load(missingCategory: LoanModelOptions['missingCategory']): Promise<Model> {
  const registry = new FakeRegistry();
  registry.add('7', loanArtifact({ missingCategory }));
  return loadModel({ registry, name: 'loan-eligibility', version: '7', requireContract: true });
}

/** A value of a field as JSON text: mostly allowed, sometimes missing, sometimes not allowed. Undefined: no such key. */
function textOf(field: Field): fc.Arbitrary<string | undefined> {
  const missing = fc.constantFrom(undefined, 'null', '""', '"NaN"', 'NaN');
  const wrong = fc.constantFrom('"Maybe"', '-1', '1e300', 'true', '[]', '{}', '" "', '"1e400"', '4', '3');
  const allowed =
    field.type === 'string'
      ? fc.constantFrom(
          ...[...field.values, ...Object.keys(field.aliases ?? {})].map((it) => JSON.stringify(it)),
        )
      : fc.oneof(
          fc.double({ min: 0, max: field.maximum ?? 1, noNaN: true }).map(String),
          fc.nat(1).map((it) => `"${it}"`),
        );
  return fc.oneof(
    { weight: 40, arbitrary: allowed },
    { weight: 8, arbitrary: missing },
    { weight: 1, arbitrary: wrong },
  );
}

/** The features of an application as JSON text. */
const features = fc
  .tuple(...LOAN_FIELDS.map((field) => textOf(field).map((value) => [field.name, value] as const)))
  .map((pairs) => {
    const members = pairs.filter(([, value]) => value !== undefined);
    return `{${members.map(([name, value]) => `"${name}": ${value}`).join(', ')}}`;
  });

/** A value as a client of /v2 sends it. */
function elementOf(field: Field): fc.Arbitrary<string | number | null> {
  if (field.type === 'string') {
    const words = fc.constantFrom(...field.values, ...Object.keys(field.aliases ?? {}));
    return fc.oneof(
      { weight: 40, arbitrary: words },
      { weight: 8, arbitrary: fc.constantFrom(null, '') },
      { weight: 1, arbitrary: fc.constantFrom('Maybe', '0.5', '\u{1f4b6}') },
    );
  }
  return fc.oneof(
    { weight: 40, arbitrary: fc.double({ min: 0, max: field.maximum ?? 1, noNaN: true }) },
    { weight: 8, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(-1, 1e30) },
  );
}

const tensors = fc
  .nat(4)
  .chain((rows) =>
    fc.tuple(...LOAN_FIELDS.map((field) => fc.array(elementOf(field), { minLength: rows, maxLength: rows }))),
  )
  .map((columns) =>
    LOAN_FIELDS.map(({ name, type }, index) => ({
      name,
      datatype: type === 'string' ? 'BYTES' : 'FP64',
      shape: [columns[index]?.length, 1],
      data: columns[index],
    })),
  );

describe('version 1 and version 2 of the same fit', () => {
  let apps: Awaited<ReturnType<typeof httpApp>>[] = [];
  beforeAll(async () => {
    const models = await Promise.all(VERSIONS.map(load));
    apps = await Promise.all(models.map((stable) => httpApp({ stable })));
  });
  afterAll(() => Promise.all(apps.map((app) => app.close())));

  /** What each version answers, without what names the files, the request or the time. */
  async function expectAlike(ask: (app: (typeof apps)[number]) => Promise<unknown>): Promise<void> {
    const [first, ...others] = await Promise.all(apps.map(ask));
    for (const other of others) expect(plain(other)).toEqual(plain(first));
  }

  test(
    'decide alike on the stream, and count alike',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(features, { minLength: 1, maxLength: 20 }), async (applications) => {
          const records = applications.map((text, index) =>
            streamRecord(`{"input": ${text}, "request_id": ${index}}`),
          );
          await expectAlike(async ({ processor }) => {
            const batch = batchOf(records);
            const outcomes = await processor.process(batch, signal);
            processor.published(batch);
            return outcomes.map((outcome) => ({ kind: outcome.kind, ...read(outcome) }));
          });
        }),
        { numRuns: propertyCases(100) },
      );
      const counts = await Promise.all(apps.map(({ metricsRegistry }) => metricsRegistry.metrics()));
      const groups = counts.map((text) =>
        text.split('\n').filter((line) => /^inference_group_decisions/.test(line)),
      );
      expect(groups[0]?.length).toBeGreaterThan(10);
      for (const other of groups) expect(other).toEqual(groups[0]);
    },
    propertyMilliseconds(),
  );

  test(
    "decide alike on /predict and on Lambda's path",
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(features, { minLength: 1, maxLength: 3 }), async (applications) => {
          for (const text of applications)
            await expectAlike(async (app) => answer(await app.post('/predict', text)));
          const Records = applications.map((text, index) => ({
            eventID: String(index),
            eventSource: 'aws:kinesis',
            kinesis: {
              data: Buffer.from(`{"input": ${text}}`).toString('base64'),
              sequenceNumber: '1',
              partitionKey: '1',
            },
          }));
          await expectAlike(async (app) => answer(await app.post(LAMBDA, { Records })));
        }),
        { numRuns: propertyCases(20) },
      );
      // Each case asks the servers several times.
    },
    propertyMilliseconds() * 5,
  );

  test(
    'infer alike on /v2, from the same columns',
    async () => {
      await fc.assert(
        fc.asyncProperty(tensors, async (inputs) => {
          await expectAlike(async (app) => answer(await app.post(INFER, { inputs })));
        }),
        { numRuns: propertyCases(50) },
      );
    },
    propertyMilliseconds(),
  );

  test('have the same metadata and configuration', async () => {
    for (const path of ['', '/config', '/stats', '/ready']) {
      await expectAlike(async (app) => answer(await app.call(`/v2/models/loan-eligibility${path}`)));
    }
  });
});

type Answer = { readonly status: number; readonly json: () => unknown };

function answer({ status, json }: Answer) {
  return { status, body: json() };
}

const CHANGING = ['digest', 'decision_id', 'request_id', 'scored_at', 'ns', 'last_inference', 'string_value'];

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, member) => (CHANGING.includes(key) ? undefined : member)));
}
