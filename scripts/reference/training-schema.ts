import { readFileSync } from 'node:fs';
import { repositoryRoot } from '../stack/paths.ts';
import type { JsonSchema } from './json-schema.ts';
import { code, page, pageHead } from './markdown.ts';
import { schemaSections } from './schema-sections.ts';

const SOURCE = 'jobs/training/schemas/training-schema.json';
const EXAMPLE = 'jobs/training/schemas/loan-eligibility.yaml';

const TITLES = {
  category: 'Category column',
  number: 'Number column',
  derived: 'Derived number',
  counts: 'Counts',
  distribution: 'Distribution of numbers',
};

/** docs/reference/training-schema.md */
export function trainingSchemaPage(): string {
  const schema: JsonSchema = JSON.parse(readFileSync(`${repositoryRoot}/${SOURCE}`, 'utf8'));
  const columns = {
    ...schema.properties?.columns,
    items: { oneOf: [{ $ref: '#/$defs/category' }, { $ref: '#/$defs/number' }] },
  };
  return page(
    ...pageHead('Training schema', code(SOURCE)),
    '',
    `${schema.description} A YAML file holds them. Give the file to the training command with \`--schema\`.`,
    'An unknown key is an error. Put the words Yes, No, on and off in quotes, because YAML reads them as true and false.',
    '',
    `[${EXAMPLE}](../../${EXAMPLE}) is the bundled schema, with comments.`,
    'Its first line names the JSON Schema, so that an editor completes the keys.',
    ...schemaSections({ ...schema, properties: { ...schema.properties, columns } }, TITLES),
  );
}
