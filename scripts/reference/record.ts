import {
  AUDIT_COMPONENT,
  AUDIT_PREFIX,
  auditRecordSchema,
  gapRecordSchema,
  transitionRecordSchema,
} from '../../services/shared/agreements/audit-record.ts';
import type { GeneratedFile } from './generated-file.ts';
import { code, jsonBlock, page, pageHead } from './markdown.ts';
import { fieldTable, jsonFile, recordSchema } from './streams.ts';

const EXAMPLE = transitionRecordSchema.parse({
  kind: 'transition',
  schemaVersion: 1,
  namespace: 'loan-eligibility',
  name: 'loan-eligibility',
  uid: '4ff8bc9b-1d3a-4b6c-9f52-9d2a3c1f7e10',
  model: 'loan-eligibility',
  sequence: 21,
  at: '2026-11-28T14:03:11.482Z',
  reason: 'WeightRaised',
  message: 'version 7 decides 50 % of the keys: 125 samples; error-ratio is 0',
  phase: 'Canary',
  stable: '6',
  candidate: '7',
  digest: `sha256:${'5f'.repeat(32)}`,
  weightPercent: 50,
  by: 'the operator',
  statements: [`sha256:${'3a'.repeat(32)}`],
  samples: 125,
  checks: [
    { name: 'samples', value: 125, min: 25, verdict: 'passed' },
    { name: 'error-ratio', value: 0, max: 0.01, verdict: 'passed' },
  ],
  generation: 4,
});

/** The published schema of the audit record, for readers in any language. */
export const AUDIT_SCHEMA: GeneratedFile = {
  path: 'docs/reference/schemas/audit-record.schema.json',
  render: () => jsonFile(recordSchema(auditRecordSchema, 'Audit record')),
};

/** docs/reference/record.md */
export function recordPage(): string {
  return page(
    ...pageHead('Audit record', 'services/shared/agreements/audit-record.ts, which the operator writes by,'),
    '',
    'Each transition of a ModelDeployment is one record, on one line of JSON. [Keep the record](../how-to/keep-the-record.md) says how to store them.',
    'JSON Schema: [audit-record.schema.json](schemas/audit-record.schema.json).',
    '',
    ...jsonBlock(EXAMPLE),
    '',
    '## Transition',
    '',
    ...fieldTable(recordSchema(transitionRecordSchema, 'Transition')),
    '',
    '[ModelDeployment](modeldeployment.md#transitions) lists the reasons. A refusal, a phase, an Event and a hold are reasons too.',
    '`by` names the signers as `KEY (ACTOR)`: the key proves who signed, and the actor is as the signer wrote it.',
    'A user name comes from the annotation beside the request, such as `requested-by.approve-step`. The admission policy lets people write their own name alone.',
    '',
    '## Gap',
    '',
    'A sink that was down for too long lacks transitions. This record tells which.',
    '',
    ...fieldTable(recordSchema(gapRecordSchema, 'Gap')),
    '',
    '## Delivery',
    '',
    'Delivery is at least once. `uid` and `sequence` together name a transition, so a reader drops repeats by them.',
    'The first copies of the transitions of one `uid` come in the order of `sequence`.',
    '',
    `- **Log**: a line of the operator with ${code(`"component":"${AUDIT_COMPONENT}"`)}. It has ${code('level')} and ${code('time')} too. ${code('LOG_LEVEL')} does not hide it.`,
    `- **Stream** (${code('AUDIT_STREAM')}): the partition key is ${code('uid')}.`,
    `- **Bucket** (${code('AUDIT_BUCKET')}): an object for each record, ${code(`${AUDIT_PREFIX}/NAMESPACE/NAME/UID/SEQUENCE-TIME.json`)}. It is never overwritten.`,
  );
}
