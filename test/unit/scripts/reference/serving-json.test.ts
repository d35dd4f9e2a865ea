import { describe, expect, test } from '@jest/globals';
import { limitsOf, propertiesOf } from '../../../../scripts/reference/json-schema.ts';
import { schemaSections } from '../../../../scripts/reference/schema-sections.ts';
import {
  SERVING_JSON_EXAMPLE,
  servingJsonPage,
  servingJsonSchema,
} from '../../../../scripts/reference/serving-json.ts';
import { trainingSchemaPage } from '../../../../scripts/reference/training-schema.ts';
import { checkContract } from '../../../../services/inference/model/model-checks.ts';
import { parseServingContract } from '../../../../services/shared/contract/serving-contract.ts';
import { longSentences } from '../../../support/prose/sentences.ts';

describe('properties of a schema', () => {
  test('have their whole path, parents first', () => {
    const properties = propertiesOf({
      required: ['a'],
      properties: {
        a: { type: 'object', properties: { b: { type: 'string' } } },
        c: {
          type: 'array',
          items: { type: 'object', required: ['d'], properties: { d: { type: 'number' } } },
        },
      },
    });
    expect(properties.map(({ path, required }) => [path, required])).toEqual([
      ['a', true],
      ['a.b', false],
      ['c[]', false],
      ['c[].d', true],
    ]);
  });

  test.each([
    [{ minimum: 1 }, 'at least 1'],
    [{ minimum: 0, maximum: 1 }, '0 to 1'],
    [{ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, 'at least 0'],
    [{ minimum: 1, maximum: 10_000 }, '1 to 10,000'],
    [{ minLength: 1 }, 'not empty'],
    [{ exclusiveMinimum: 0, exclusiveMaximum: 1 }, 'above 0, below 1'],
    [{ maxLength: 9 }, 'at most 9 characters'],
    [{ minItems: 1, maxItems: 2 }, '1 to 2 items'],
    [{ pattern: '^x$' }, '`^x$`'],
    [{}, ''],
  ])('have the limits of %j in words', (limits, words) => {
    expect(limitsOf(limits)).toBe(words);
  });
});

test('a definition with a title is linked, and any other is shown in place', () => {
  const lines = schemaSections(
    {
      properties: {
        rows: { type: 'array', items: { $ref: '#/$defs/row' } },
        name: { $ref: '#/$defs/short' },
      },
      $defs: {
        row: { description: 'A row.' },
        short: { description: 'A name.', type: 'string', maxLength: 9 },
      },
    },
    { row: 'Row' },
  );
  expect(lines).toContain('| `rows[]` | array of [row](#row) | no |  |  |');
  expect(lines).toContain('| `name` | string | no | at most 9 characters | A name. |');
  expect(lines.filter((line) => line.startsWith('## '))).toEqual(['## Row']);
});

test.each([
  ['serving.json', servingJsonPage],
  ['the training schema', trainingSchemaPage],
])('every key of %s is described in short sentences', (_what, render) => {
  const rows = render().match(/^\| `.*$/gm) ?? [];
  expect(rows.length).toBeGreaterThan(25);
  for (const row of rows) {
    const meaning = row.split(' | ').at(-1)?.replace(/ \|$/, '') ?? '';
    expect({ row, described: /^[A-Z].*\.$/.test(meaning) }).toEqual({ row, described: true });
    expect(longSentences(meaning, 25)).toEqual([]);
  }
  expect(longSentences(servingJsonSchema.description ?? '', 25)).toEqual([]);
});

test('the example is one that a server takes', () => {
  expect(() => checkContract(parseServingContract(JSON.stringify(SERVING_JSON_EXAMPLE)))).not.toThrow();
});
