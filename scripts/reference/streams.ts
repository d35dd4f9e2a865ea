import { z } from 'zod';
import { EXAMPLE_APPLICATION } from '../../services/inference/http/operations/example-application.ts';
import { deadLetterRecordSchema } from '../../services/shared/agreements/dead-letter-record.ts';
import { decisionRecordSchema } from '../../services/shared/agreements/decision-record.ts';
import { REJECTION_CODES } from '../../services/shared/agreements/rejection-codes.ts';
import { STREAM_NAMES } from '../../services/shared/agreements/stream-names.ts';
import type { GeneratedFile } from './generated-file.ts';
import { type JsonSchema, propertiesOf, typeInWords } from './json-schema.ts';
import { code, jsonBlock, page, pageHead, table } from './markdown.ts';

const decision = recordSchema(decisionRecordSchema, 'Decision');
const deadLetter = recordSchema(deadLetterRecordSchema, 'Dead letter');

/** The published records as JSON Schema, draft 2020-12, for readers in any language. */
export const RECORD_SCHEMAS: readonly GeneratedFile[] = [
  { path: 'docs/reference/schemas/decision.schema.json', render: () => jsonFile(decision) },
  { path: 'docs/reference/schemas/dead-letter.schema.json', render: () => jsonFile(deadLetter) },
];

/** docs/reference/streams.md */
export function streamsPage(): string {
  return page(
    ...pageHead('Streams', 'services/shared/agreements, which writers and readers share,'),
    '',
    '## Applications',
    '',
    `Input stream, by default ${code(STREAM_NAMES.input)}. You choose the partition key; records with the same key keep their order.`,
    '',
    ...jsonBlock(EXAMPLE_APPLICATION),
    '',
    'The fields of `input` and their rules are those of the model’s [serving.json](serving-json.md).',
    'For the bundled model only `ApplicantIncome` is required.',
    'A missing value is an absent key, null or `""`. The model decides it as missing.',
    'A whole-number category may come as a number, and a number as text.',
    'The envelope and `input` may have each key once. A record that says two incomes is rejected, because neither income may be guessed.',
    'Two spellings of a key by JSON escapes are the same key. Keys that serving.json does not name are ignored.',
    'KPL aggregates are opened, and each record in them is one application.',
    'A record in an aggregate may have a key of another shard. `FOREIGN_PARTS` says what becomes of it, by default a decision.',
    '',
    '## Decisions',
    '',
    `Output stream, by default ${code(STREAM_NAMES.output)}. The partition key is the request id. JSON Schema: [decision.schema.json](schemas/decision.schema.json).`,
    '',
    ...fieldTable(decision),
    '',
    'The decision stands in `prediction` under the name that `decision.name` of serving.json gives. The bundled model gives `approved`, true or false.',
    'A score up to 0.00001 outside [0, 1] comes from rounding in float32. It is published as 0 or 1.',
    '',
    '## Dead letters',
    '',
    `Dead-letter stream, by default ${code(STREAM_NAMES.rejects)}. A dead letter keeps the partition key of its record. JSON Schema: [dead-letter.schema.json](schemas/dead-letter.schema.json).`,
    '',
    ...fieldTable(deadLetter),
    '',
    '### Codes',
    '',
    ...table(
      ['code', 'meaning'],
      Object.entries(REJECTION_CODES).map(([name, meaning]) => [code(name), meaning]),
    ),
    '',
    '## Delivery',
    '',
    'Delivery is at least once. A repeated record has the same `decision_id`, so a reader can drop repeats by that id.',
  );
}

export function recordSchema(schema: z.ZodType, title: string): JsonSchema {
  const jsonSchema = z.toJSONSchema(schema, {
    io: 'output',
    // A later version may add fields, so the published schema permits them.
    override: ({ jsonSchema: part }) => {
      if (part.additionalProperties === false) delete part.additionalProperties;
    },
  });
  return { ...(jsonSchema as JsonSchema), title };
}

export function jsonFile(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

export function fieldTable(schema: JsonSchema): string[] {
  return table(
    ['field', 'type', 'present', 'meaning'],
    propertiesOf(schema).map((property) => [
      code(property.path),
      property.schema.enum === undefined ? typeInWords(property.schema) : 'string',
      property.required ? 'always' : 'optional',
      property.schema.description ?? '',
    ]),
  );
}
