import { describe, expect, test } from '@jest/globals';
import { FeatureColumns } from '../../../../services/inference/model/feature-columns.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import type { ModelLoadReason } from '../../../../services/shared/agreements/condition-reasons.ts';
import type { ServingContract } from '../../../../services/shared/contract/serving-contract.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import {
  digestOf,
  EXAMPLE_INPUT,
  expectedProbability,
  loanArtifact,
  loanContract,
  loanGraph,
} from '../../../support/model/loan-model.ts';
import { encodeOnnx } from '../../../support/model/onnx-graph.ts';

function load(
  files: Map<string, Uint8Array>,
  options: { pin?: string; tag?: string; requireContract?: boolean } = {},
) {
  const registry = new FakeRegistry();
  registry.add('7', files, options.tag === undefined ? {} : { digest: options.tag });
  return loadModel({
    registry,
    name: 'loan-eligibility',
    version: '7',
    expectedDigest: options.pin,
    requireContract: options.requireContract ?? true,
  });
}

function withContract(change: (contract: ServingContract) => unknown): Map<string, Uint8Array> {
  return loanArtifact().set('serving.json', Buffer.from(JSON.stringify(change(loanContract()))));
}

async function expectRefusal(loading: Promise<unknown>, reason: ModelLoadReason, message: RegExp) {
  await expect(loading).rejects.toMatchObject({
    name: 'ModelLoadError',
    reason,
    message: expect.stringMatching(message),
  });
}

describe('a version whose files are right', () => {
  test('is loaded with its identity and scores raw columns, missing values included', async () => {
    const files = loanArtifact();
    const model = await load(files, { pin: digestOf(files), tag: digestOf(files) });
    expect(model.identity).toEqual({
      name: 'loan-eligibility',
      version: '7',
      runId: 'run-7',
      digest: digestOf(files),
    });
    const rows = [EXAMPLE_INPUT, { ApplicantIncome: 100 }, { ...EXAMPLE_INPUT, Credit_History: 0 }];
    const fields = loanContract().fields;
    const probabilities = await model.score(FeatureColumns.fromRows({ fields }, rows), rows.length);
    rows.forEach((row, index) => {
      expect(probabilities[index]).toBeCloseTo(expectedProbability(row), 5);
    });
    await model.close();
  });

  test('scores a batch larger than one run row by row alike', async () => {
    const model = await load(loanArtifact());
    const rows = Array.from({ length: 600 }, (_, index) => ({
      ...EXAMPLE_INPUT,
      ApplicantIncome: index * 100,
    }));
    const probabilities = await model.score(FeatureColumns.fromRows(loanContract(), rows), rows.length);
    expect(probabilities).toHaveLength(600);
    for (const index of [0, 255, 256, 511, 512, 599]) {
      expect(probabilities[index]).toBeCloseTo(expectedProbability(rows[index] ?? {}), 5);
    }
    await model.close();
  });

  test('may keep its weights beside the graph', async () => {
    const graph = loanGraph();
    const weights = graph.initializers[0]?.values as readonly number[];
    const files = loanArtifact()
      .set('weights.data', new Uint8Array(Float32Array.from(weights).buffer))
      .set(
        'model.onnx',
        encodeOnnx({
          ...graph,
          initializers: graph.initializers.map((initializer) =>
            initializer.name === 'weights'
              ? { ...initializer, values: { externalPath: 'weights.data' } }
              : initializer,
          ),
        }),
      );
    const model = await load(files, { tag: digestOf(files) });
    await model.close();
  });
});

describe('a version is refused, saying why,', () => {
  test('when the registry does not have it', async () => {
    const loading = loadModel({
      registry: new FakeRegistry(),
      name: 'loan-eligibility',
      version: '8',
      requireContract: true,
    });
    await expectRefusal(loading, 'VersionNotFound', /no version 8 of loan-eligibility/);
  });

  test('when nothing was uploaded for it', async () => {
    await expectRefusal(load(new Map()), 'ArtifactMissing', /has no files/);
  });

  test.each(['MLmodel', 'model.onnx'])('when %s was not uploaded', async (path) => {
    const files = loanArtifact();
    files.delete(path);
    await expectRefusal(load(files), 'ArtifactMissing', new RegExp(`no file ${path}`));
  });

  test('when serving.json was not uploaded and decisions are wanted', async () => {
    const files = loanArtifact();
    files.delete('serving.json');
    await expectRefusal(load(files), 'ContractMissing', /without serving.json/);
  });

  test('when its files are not the pinned ones', async () => {
    const pin = `sha256:${'0'.repeat(64)}`;
    await expectRefusal(load(loanArtifact(), { pin }), 'DigestMismatch', /the pinned digest is sha256:000/);
  });

  test('when its files are not the ones that were registered', async () => {
    const tag = digestOf(loanArtifact({ intercept: 1 }));
    await expectRefusal(load(loanArtifact(), { tag }), 'DigestMismatch', /the version's tag `digest`/);
  });

  test('when its graph was damaged, by the digest and not by the damage', async () => {
    const tag = digestOf(loanArtifact());
    for (const damaged of ['not a graph', '', '\xff'.repeat(20)]) {
      const files = loanArtifact().set('model.onnx', Buffer.from(damaged, 'latin1'));
      await expectRefusal(load(files, { tag }), 'DigestMismatch', /the version's tag `digest`/);
    }
  });

  test('when MLmodel is not of the onnx flavor', async () => {
    const files = loanArtifact().set('MLmodel', Buffer.from('flavors: {sklearn: {}}'));
    await expectRefusal(load(files), 'InvalidArtifact', /onnx flavor/);
  });

  test('when the graph is corrupt', async () => {
    const files = loanArtifact().set('model.onnx', Buffer.from('not a graph'));
    await expectRefusal(load(files), 'InvalidArtifact', /cannot load model.onnx/);
  });

  test('when serving.json breaks its schema', async () => {
    const files = withContract((contract) => ({ ...contract, output: 3 }));
    await expectRefusal(load(files), 'InvalidContract', /\/output must be string/);
  });

  test.each([
    [
      'a field is given more than once',
      { fields: [...loanContract().fields, loanContract().fields[0]] },
      /Gender is given more than once/,
    ],
    ['a group is no string field', { groups: ['LoanAmount'] }, /LoanAmount is not a string field/],
    [
      'a field would read what every object inherits',
      { fields: [{ name: 'constructor', type: 'number', required: true }] },
      /constructor has a reserved name/,
    ],
    [
      'an alias means a value that is not allowed',
      { fields: [{ name: 'x', type: 'string', required: true, values: ['a'], aliases: { b: 'c' } }] },
      /alias b of x means c/,
    ],
    ...[
      { levels: [0, 1, 2], message: /level 2 of x is not a number from 0 to 1/ },
      { levels: [-0.5], message: /level -0.5 of x is not a number from 0 to 1/ },
      { levels: [0.1, 0.1000000001], message: /level 0.1000000001 of x equals another level as float32/ },
    ].map<[string, object, RegExp]>(({ levels, message }) => [
      `levels ${levels} of a range from 0 to 1`,
      { fields: [{ name: 'x', type: 'number', required: true, minimum: 0, maximum: 1, levels }] },
      message,
    ]),
    [
      'a level that no float32 holds',
      { fields: [{ name: 'x', type: 'number', required: true, levels: [1e39] }] },
      /level 1e\+39 of x is not a number from/,
    ],
  ])('when serving.json contradicts itself: %s', async (_, change, message) => {
    await expectRefusal(
      load(withContract((contract) => ({ ...contract, ...change }))),
      'InvalidContract',
      message,
    );
  });

  test('when the graph lacks a field of the contract', async () => {
    const files = withContract((contract) => ({
      ...contract,
      fields: [...contract.fields, { name: 'Age', type: 'number', required: false }],
    }));
    await expectRefusal(load(files), 'SignatureMismatch', /the graph has no input Age/);
  });

  test('when the graph takes an input that the contract lacks', async () => {
    const files = withContract((contract) => ({ ...contract, fields: contract.fields.slice(1), groups: [] }));
    await expectRefusal(load(files), 'SignatureMismatch', /serving.json has no field Gender/);
  });

  test('when a field has another type in the graph', async () => {
    const files = withContract((contract) => ({
      ...contract,
      fields: contract.fields.map((field) =>
        field.name === 'LoanAmount'
          ? { name: field.name, type: 'string', required: false, values: ['1'] }
          : field,
      ),
    }));
    await expectRefusal(load(files), 'SignatureMismatch', /LoanAmount \(float32 \[N, 1\]\) should be string/);
  });

  test('when the graph does not give the contract output', async () => {
    const files = withContract((contract) => ({ ...contract, output: 'score' }));
    await expectRefusal(load(files), 'SignatureMismatch', /no output score/);
  });

  test('when it does not repeat its golden samples', async () => {
    const files = withContract(() => loanContract({ intercept: -2.001 }));
    await expectRefusal(
      load(files),
      'GoldenSampleMismatch',
      /golden sample 0 gives 0\.\d+, training computed/,
    );
  });
});

test('an unreachable registry is no verdict on the version', async () => {
  const registry = new FakeRegistry();
  registry.goDown();
  const loading = loadModel({ registry, name: 'loan-eligibility', version: '7', requireContract: true });
  await expect(loading).rejects.toMatchObject({ name: 'RegistryError', kind: 'unreachable' });
});
