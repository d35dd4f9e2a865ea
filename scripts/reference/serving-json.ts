import { readFileSync } from 'node:fs';
import { repositoryRoot } from '../stack/paths.ts';
import type { JsonSchema } from './json-schema.ts';
import { code, jsonBlock, page, pageHead } from './markdown.ts';
import { schemaSections } from './schema-sections.ts';

const SOURCE = 'services/shared/contract/serving.schema.json';

export const servingJsonSchema: JsonSchema = JSON.parse(readFileSync(`${repositoryRoot}/${SOURCE}`, 'utf8'));

/** What a definition of the schema is called on the page. Definitions without a title are shown where they are used. */
const TITLES: Readonly<Record<string, string>> = {
  stringField: 'String field',
  numberField: 'Number field',
  histogram: 'Histogram',
  categories: 'Categories',
  row: 'Row',
};

/** A complete file for a model with a field of each kind. */
export const SERVING_JSON_EXAMPLE = {
  schemaVersion: 1,
  output: 'probability',
  decision: { name: 'approved', positiveClass: 'Approved', negativeClass: 'Rejected', threshold: 0.5 },
  fields: [
    { name: 'Gender', type: 'string', required: false, values: ['Female', 'Male'] },
    { name: 'ApplicantIncome', type: 'number', required: true, minimum: 0 },
    { name: 'Credit_History', type: 'number', required: false, minimum: 0, maximum: 1, levels: [0, 1] },
  ],
  groups: ['Gender'],
  reference: {
    rows: 614,
    fields: {
      Gender: { values: { Female: 0.19, Male: 0.81 }, missing: 0.02 },
      ApplicantIncome: { edges: [3000, 6000], shares: [0.3, 0.5, 0.2], missing: 0 },
      Credit_History: { edges: [0.5], shares: [0.16, 0.84], missing: 0.08 },
    },
    probability: { edges: [0.5], shares: [0.3, 0.7], missing: 0 },
  },
  background: [{ Gender: null, ApplicantIncome: 3812, Credit_History: 1 }],
  golden: [{ input: { Gender: 'Male', ApplicantIncome: 5849, Credit_History: 1 }, probability: 0.81 }],
};

const CHECKS = [
  '',
  '## Checks beyond the schema',
  '',
  'A server that loads a version also checks the following. A version that fails a check is refused.',
  '',
  '- Field names differ from each other, and are not names that every JavaScript object has, such as `constructor`.',
  '- An alias means an allowed value.',
  '- `minimum` is not above `maximum`.',
  '- Levels are between `minimum` and `maximum`, and differ from each other also as float32.',
  '- Each group is the name of a string field.',
  '- `outputClasses` holds `decision.positiveClass`.',
  '- The graph has exactly the inputs that `fields` names, each `[N, 1]`. A string field is a string tensor, a number field is float32.',
  '  In version 2 the only input may instead be the matrix that `encoding.input` names.',
  '- An input may have the name that a converter makes of a field: every character other than a letter or a digit becomes `_`.',
  '- The graph has the output that `output` names, float32 or float64. An output `[N, 2]` needs `outputClasses`; any other must not have them.',
  '- The first dimension of each input and of the output is free.',
  '- The graph repeats the probability of each golden row.',
  '',
  'Version 2 adds these checks:',
  '',
  '- `encoding.input` is the only input of the graph, or a tensor that a node makes. It is float32 `[N, F]`, and F is the number of fields.',
  '- The output that `output` names depends on no other input beside that tensor. `/v2` leaves out each other output that does.',
  '- The graph makes that tensor of its columns as `encoding` says. The server compares golden rows, each value of each string field, and levels or bounds of each number.',
  '  So a server that runs the whole graph decides alike.',
];

/** docs/reference/serving-json.md */
export function servingJsonPage(): string {
  return page(
    ...pageHead('serving.json', code(SOURCE)),
    '',
    servingJsonSchema.description ?? '',
    'An unknown key is an error, except in a map or a row.',
    ...schemaSections(servingJsonSchema, TITLES),
    ...CHECKS,
    '',
    '## Example',
    '',
    'A complete file for a model with three fields:',
    '',
    ...jsonBlock(SERVING_JSON_EXAMPLE),
  );
}
