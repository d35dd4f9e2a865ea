import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findDuplicateKey } from '../../../../../services/inference/decision/decode/duplicate-key.ts';

function duplicateIn(text: string) {
  return findDuplicateKey(text, JSON.parse(text));
}

describe('a key given more than once is found', () => {
  test.each([
    ['in the input', '{"input": {"a": 1, "b": 2, "a": 3}}', { key: 'a', inInput: true }],
    [
      'in the envelope',
      '{"input": {}, "request_id": 1, "request_id": 1}',
      { key: 'request_id', inInput: false },
    ],
    ['as the input itself', '{"input": {"a": 1}, "input": {"b": 1}}', { key: 'input', inInput: false }],
    ['as an input that is no object', '{"input": {"a": 1}, "input": 1}', { key: 'input', inInput: false }],
    [
      'in an escaped spelling',
      '{"input": {"Gender": 1, "\\u0047ender": 2}}',
      { key: 'Gender', inInput: true },
    ],
    [
      'in the input whose own key is escaped',
      '{"\\u0069nput": {"a": 1, "a": 2}}',
      { key: 'a', inInput: true },
    ],
    ['as the empty key', '{"input": {"": 1, "": 2}}', { key: '', inInput: true }],
    ['as __proto__', '{"input": {"__proto__": 1, "__proto__": 2}}', { key: '__proto__', inInput: true }],
    ['as a number', '{"input": {"1": 1, "1": 2}}', { key: '1', inInput: true }],
    ['with space before its colon', '{"input": {"a" \t\r\n: 1, "a" : 2}}', { key: 'a', inInput: true }],
    ['in an envelope that is no record', '{"a": 1, "a": 2}', { key: 'a', inInput: false }],
  ])('%s', (_, text, expected) => {
    expect(duplicateIn(text)).toEqual(expected);
  });
});

describe('nothing is found', () => {
  test.each([
    ['in a record whose values hold keys as text', '{"input": {"a": "\\"a\\": 1, \\"a\\":", "b": ":\\":"}}'],
    ['in a record whose keys hold colons', '{"input": {"a:": 1, "a\\":": 2}}'],
    ['in a nested value of the input', '{"input": {"a": {"b": 1, "b": 2}}}'],
    ['in an ignored value of the envelope', '{"about": {"a": 1, "a": 2}, "input": {"a": 1}}'],
    ['in a list of inputs', '{"input": [{"a": 1}, {"a": 1, "a": 2}]}'],
    ['in two objects that have the same key', '{"a": 1, "input": {"a": 1}}'],
    ['in keys that differ in case', '{"input": {"a": 1, "A": 1}}'],
  ])('%s', (_, text) => {
    expect(duplicateIn(text)).toBeUndefined();
  });
});

test('whatever the record holds, the answer is that of counting its keys', () => {
  const names = ['a', 'b', 'input', ':', '"', '\\', '{"a":'];
  const escaped = (key: string): string =>
    `"${[...key].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
  const keys = fc
    .tuple(fc.constantFrom(...names), fc.boolean())
    .map(([key, escapes]) => ({ key, written: escapes ? escaped(key) : JSON.stringify(key) }));
  const values = fc
    .oneof(fc.jsonValue(), fc.constantFrom('"a":', ':', '":', '\\'))
    .map((value) => JSON.stringify(value));
  const space = fc.constantFrom('', ' ', '\n\t');
  const member = fc.record({ key: keys, value: values, space });
  const join = (members: readonly { key: { written: string }; value: string; space: string }[]) =>
    `{${members.map(({ key, value, space }) => `${key.written}${space}:${space}${value}`).join(',')}}`;
  const repeats = (members: readonly { key: { key: string } }[]): boolean =>
    new Set(members.map(({ key }) => key.key)).size < members.length;
  const record = fc.record({
    input: fc.array(member, { maxLength: 6 }),
    envelope: fc.array(member, { maxLength: 4 }),
  });
  fc.assert(
    fc.property(record, ({ input, envelope }) => {
      const members = [
        ...envelope,
        { key: { key: 'input', written: '"input"' }, value: join(input), space: '' },
      ];
      expect(duplicateIn(join(members)) !== undefined).toBe(repeats(members) || repeats(input));
    }),
  );
});
