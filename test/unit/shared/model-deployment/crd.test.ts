import { expect, test } from '@jest/globals';
import { modelDeploymentCrd } from '../../../../services/shared/model-deployment/crd.ts';

interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

const schema = modelDeploymentCrd().spec.versions[0]?.schema.openAPIV3Schema as Schema;

/** Every field of the schema, with its path. */
function fieldsOf({ properties = {}, items }: Schema, path = ''): [string, Schema][] {
  const fields = Object.entries(properties).flatMap(([name, field]): [string, Schema][] => [
    [`${path}.${name}`, field],
    ...fieldsOf(field, `${path}.${name}`),
  ]);
  return items === undefined ? fields : [...fields, ...fieldsOf(items, `${path}[]`)];
}

const described = fieldsOf(schema).filter(([path]) => /^\.(?:spec|status)\./.test(path));
const withDefault = described.filter(
  ([, field]) => field.default !== undefined && typeof field.default !== 'object',
);

test('every field of spec and status has a description', () => {
  expect(described.filter(([, { description }]) => !description).map(([path]) => path)).toEqual([]);
});

test('a description names the default of its field', () => {
  expect(withDefault.length).toBeGreaterThan(0);
  for (const [path, field] of withDefault)
    expect({ path, ends: field.description?.endsWith(`Default: ${field.default}.`) }).toEqual({
      path,
      ends: true,
    });
});

test('every sentence of a description has at most 25 words', () => {
  const sentences = described.flatMap(([, { description = '' }]) => description.split(/(?<=[.:]) /));
  expect(sentences.filter((sentence) => sentence.split(' ').length > 25)).toEqual([]);
});
