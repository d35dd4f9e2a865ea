import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { artifactDigest } from '../../../services/shared/contract/digest.ts';
import { ContractError, parseServingContract } from '../../../services/shared/contract/serving-contract.ts';

const contract = {
  schemaVersion: 1,
  output: 'probability',
  decision: { name: 'approved', positiveClass: 'Approved', negativeClass: 'Rejected', threshold: 0.5 },
  fields: [
    { name: 'Gender', type: 'string', required: false, values: ['Female', 'Male'] },
    { name: 'Income', type: 'number', required: true, minimum: 0 },
  ],
  reference: {
    rows: 2,
    fields: {
      Gender: { values: { Male: 1 }, missing: 0 },
      Income: { edges: [1], shares: [0.5, 0.5], missing: 0 },
    },
    probability: { edges: [0.5], shares: [0.5, 0.5], missing: 0 },
  },
  background: [{ Gender: null, Income: 1 }],
  golden: [{ input: { Gender: 'Male', Income: 1 }, probability: 0.5 }],
};

const ENCODING = { input: 'applications', missingCategory: 'nan' };

describe('parseServingContract', () => {
  test.each([
    ['1', contract],
    ['2', { ...contract, schemaVersion: 2, encoding: ENCODING }],
  ])('reads a contract of version %s as it was written', (_, written) => {
    expect(parseServingContract(JSON.stringify(written))).toEqual(written);
  });

  test.each([
    ['no golden sample', { ...contract, golden: [] }, /\/golden must NOT have fewer than 1 items/],
    [
      'a threshold out of range',
      { ...contract, decision: { ...contract.decision, threshold: 1 } },
      /\/decision\/threshold/,
    ],
    [
      'a field of unknown type',
      { ...contract, fields: [{ name: 'x', type: 'date', required: true }] },
      /\/fields\/0/,
    ],
    ['an unknown member', { ...contract, trainedAt: 'today' }, /additional properties/],
    ['a future version', { ...contract, schemaVersion: 3 }, /\/schemaVersion/],
    ['version 2 without an encoding', { ...contract, schemaVersion: 2 }, /encoding/],
    ['version 1 with an encoding', { ...contract, encoding: ENCODING }, /\/encoding/],
    [
      'an encoding of another kind',
      { ...contract, schemaVersion: 2, encoding: { ...ENCODING, missingCategory: 'zero' } },
      /\/encoding\/missingCategory/,
    ],
  ])('refuses %s, naming the place', (_, value, message) => {
    const parse = () => parseServingContract(JSON.stringify(value));
    expect(parse).toThrow(ContractError);
    expect(parse).toThrow(message);
  });

  test.each([
    [
      'a future version with an encoding',
      { ...contract, schemaVersion: 3, encoding: ENCODING },
      '/schemaVersion must be equal to one of the allowed values',
    ],
    [
      'version 2 without an encoding',
      { ...contract, schemaVersion: 2 },
      "/ must have required property 'encoding'",
    ],
    [
      'version 1 with an encoding',
      { ...contract, encoding: ENCODING },
      '/encoding is not allowed in this schemaVersion',
    ],
  ])('refuses %s by this fault alone', (_, value, message) => {
    expect(() => parseServingContract(JSON.stringify(value))).toThrow(
      new ContractError(`serving.json breaks its schema: ${message}`),
    );
  });

  test('refuses what is not JSON', () => {
    expect(() => parseServingContract('{')).toThrow(/not JSON/);
  });
});

describe('artifactDigest', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

  test('is the hash over the sorted listing of path and hash', () => {
    const files = new Map([
      ['serving.json', Buffer.from('{}')],
      ['model.onnx', Buffer.from('graph')],
    ]);
    const listing = `model.onnx ${sha256('graph')}\nserving.json ${sha256('{}')}\n`;
    expect(artifactDigest(files)).toBe(`sha256:${sha256(listing)}`);
  });

  test('changes with a path and with a content', () => {
    const digest = (path: string, content: string) => artifactDigest(new Map([[path, Buffer.from(content)]]));
    expect(new Set([digest('a', 'x'), digest('b', 'x'), digest('a', 'y')]).size).toBe(3);
  });
});
