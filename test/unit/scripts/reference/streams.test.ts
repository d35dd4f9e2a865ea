import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { RECORD_SCHEMAS, streamsPage } from '../../../../scripts/reference/streams.ts';
import { REJECTION_CODES } from '../../../../services/shared/agreements/rejection-codes.ts';

const DECISION = {
  model: 'loan-eligibility',
  model_version: '7',
  prediction: { approved: true, request_id: '12345', probability: 0.83, reasons: [] },
  decision_id: '5f9c2d3a-7f0b-5d7e-9a55-0c1c4f6f7c11',
  sequence_number: '49',
  sub_sequence_number: 0,
  shard_id: 'shardId-000000000000',
  epoch: 3,
  run_id: 'abc',
  digest: 'sha256:00',
  role: 'stable',
  scored_at: '2026-01-31T12:00:00.000Z',
};

const schemaOf = (name: string) =>
  JSON.parse(RECORD_SCHEMAS.find(({ path }) => path.endsWith(name))?.render() ?? '');

test('the published schema of a decision accepts a decision, and a field that a later version adds', () => {
  const validate = new Ajv2020({ validateFormats: false }).compile(schemaOf('decision.schema.json'));
  expect(validate({ ...DECISION, later: 1 })).toBe(true);
  const { epoch: _, ...withoutEpoch } = DECISION;
  expect(validate(withoutEpoch)).toBe(false);
});

test('the page names every code of a dead letter', () => {
  for (const code of Object.keys(REJECTION_CODES)) expect(streamsPage()).toContain(`| \`${code}\` |`);
});
