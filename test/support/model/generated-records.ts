import fc from 'fast-check';
import type { Field } from '../../../services/shared/contract/serving-contract.ts';
import { LOAN_FIELDS } from './loan-model.ts';

/** So many that they are found by hash. */
export const MANY_VALUES = Array.from({ length: 40 }, (_, index) => `value ${index}`);

/** Names and categories that a scanner may confuse or cannot know. */
export const ODD_FIELDS: readonly Field[] = [
  { name: 'a', type: 'string', required: false, values: ['x', 'xy', '', 'NaN', 'Ünï', '😀', 'q"', '\ud800'] },
  { name: 'ab', type: 'number', required: true },
  { name: 'input', type: 'number', required: false, minimum: -0.3, maximum: 1e22 },
  {
    name: 'request_id',
    type: 'string',
    required: false,
    values: MANY_VALUES,
    aliases: { '7': 'value 7', x: 'value 1' },
  },
  { name: 'constructor', type: 'number', required: false, levels: [0.1, 3, -0] },
  { name: '__proto__', type: 'string', required: false, values: ['No', 'Yes'] },
  { name: 'Größe', type: 'number', required: false, minimum: 0 },
  { name: 'k"', type: 'number', required: false },
];

const KEYS = [
  ...LOAN_FIELDS.map(({ name }) => name),
  ...ODD_FIELDS.map(({ name }) => name),
  ...['b', '', 'Gend', 'Genderx', 'é', '\\'],
];
const VALUES = [
  ...[
    '1',
    '0',
    '-0',
    '-1',
    '12.5',
    '0.1',
    '1e5',
    '1E-3',
    '1e400',
    '-1e400',
    '01',
    '1.',
    '.5',
    '-',
    '+1',
    '1e',
  ],
  ...['123456789012345', '1234567890123456', '9007199254740993', '0.12345678901234567', '5e-324', '0x10'],
  ...['NaN', '-NaN', 'NaNNaN', 'Infinity', 'null', 'nul', 'true', 'false', 'undefined', ''],
  ...['""', '"NaN"', '"360"', '"+5"', '"1e3"', '" 1"', '"2"', '"3+"', '"7"', '"0.1"', '"é"', '"😀"', '"'],
  ...[
    '"\\u0041"',
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '"a\\"b"',
    '"\\\\"',
    '"\\x"',
    '"\u0001"',
    '"\u007f"',
    '"\t"',
  ],
  ...['{}', '[]', '[1,[2]]', '{"a":1,"a":2}', '{"input":{"ab":1}}', '"},"', '":"'],
  ...[63, 64, 65, 255, 256, 257].map((length) => `"${'1'.repeat(length)}"`),
];
const CATEGORIES = [...LOAN_FIELDS, ...ODD_FIELDS].flatMap((field) =>
  field.type === 'string' ? field.values : [],
);

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
const space = fc.constantFrom('', '', '', '', ' ', '\n\t', '\r');
const key = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...KEYS).map((name) => JSON.stringify(name)) },
  fc.constantFrom('"\\u0061"', '"Gender', 'a', '"i\\u006eput"'),
);
const value = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...VALUES.filter(isJson)) },
  { weight: 5, arbitrary: fc.constantFrom(...CATEGORIES).map((category) => JSON.stringify(category)) },
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 1_000 }).map(String) },
  fc.constantFrom(...VALUES.filter((text) => !isJson(text))),
  fc.double().map(String),
  fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
);
const member = fc
  .tuple(space, key, space, space, value, space)
  .map(([a, b, c, d, e, f]) => `${a}${b}${c}:${d}${e}${f}`);
/** None in most records, so that most records are valid. */
const oddMembers = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(member, { maxLength: 2 }));

/** Fields with values that the contracts of the tests take. */
const likely = [
  ...['"ApplicantIncome":5000', '"ab":1', '"Gender":"Male"', '"Dependents":2', '"a":"x"', '"Größe":1.75'],
  ...['"LoanAmount":12.5', '"Property_Area":"Rural"', '"Credit_History":NaN', '"Married":null', '"note":"n"'],
];
const object = (members: readonly string[], trail: string) => `{${members.join(',')}${trail}}`;
const input = fc
  .tuple(
    fc.shuffledSubarray(likely, { minLength: likely.length - 3 }),
    oddMembers,
    space,
    fc.integer({ min: 0, max: 20 }),
  )
  .map(([some, odd, end, comma]) => object([...some, ...odd], comma === 0 ? ',' : end));
const requestId = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('"x-1"', '7', 'null', '"é"') }, value);
const envelope = fc
  .tuple(input, requestId, oddMembers, fc.nat({ max: 2 }), space)
  .map(([features, id, odd, first, around]) => {
    const members = [`"input":${features}`, `"request_id":${id}`, ...odd];
    return `${around}${object([...members.slice(first), ...members.slice(0, first)], '')}${around}`;
  });
const text = fc.oneof({ weight: 8, arbitrary: envelope }, input, fc.json());
const damage = fc.record({
  kind: fc.constantFrom('remove', 'insert', 'replace', 'truncate'),
  place: fc.nat(),
  byte: fc.constantFrom(0, 9, 32, 34, 44, 49, 58, 92, 123, 125, 128, 255),
});

/** A record in UTF-8. In every fourth record some bytes are removed, inserted or replaced. */
export const RECORDS: fc.Arbitrary<Uint8Array> = fc
  .tuple(text, fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(damage, { maxLength: 3 })))
  .map(([whole, damages]) =>
    damages.reduce<Uint8Array>((bytes, { kind, place, byte }) => {
      const at = place % (bytes.length + 1);
      const head = bytes.subarray(0, at);
      if (kind === 'truncate') return head;
      const tail = bytes.subarray(kind === 'insert' ? at : at + 1);
      return Buffer.concat(kind === 'remove' ? [head, tail] : [head, Buffer.of(byte), tail]);
    }, Buffer.from(whole)),
  );
