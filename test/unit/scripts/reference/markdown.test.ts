import { expect, test } from '@jest/globals';
import { jsonBlock, page, pageHead, table } from '../../../../scripts/reference/markdown.ts';

test('a page says from what it is generated, and by which command', () => {
  expect(page(...pageHead('Things', 'the schema'))).toBe(
    '# Things\n\nThis page is generated from the schema by `make synth`. Do not edit it.\n',
  );
});

test('a cell shows what looks like a tag, in code and outside', () => {
  expect(table(['a'], [['x <rows> `<seed>`']])[2]).toBe('| x \\<rows> `<seed>` |');
});

test('a cell holds neither a bar nor a line break', () => {
  expect(table(['a', 'b'], [['x | y', 'one\ntwo']])).toEqual([
    '| a | b |',
    '|---|---|',
    '| x \\| y | one two |',
  ]);
});

test('JSON stays on one line if the line is short, and is the same value in any case', () => {
  const value = { short: [1, 2, null], long: [{ text: 'x'.repeat(60) }, { text: 'y'.repeat(60) }] };
  const [open, json = '', close] = jsonBlock(value);
  expect([open, close]).toEqual(['```json', '```']);
  expect(JSON.parse(json)).toEqual(value);
  expect(json.split('\n')).toEqual([
    '{',
    '  "short": [1, 2, null],',
    '  "long": [',
    `    {"text": "${'x'.repeat(60)}"},`,
    `    {"text": "${'y'.repeat(60)}"}`,
    '  ]',
    '}',
  ]);
});
