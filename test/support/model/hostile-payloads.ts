import { randomBytes } from 'node:crypto';

/** A payload of at most `bytes`, and of nearly as many. */
type PayloadOfSize = (bytes: number) => Uint8Array;

/** `unit` of 0, 1, 2, … as often as it fits between head and tail. */
function repeated(head: string, unit: string | ((index: number) => string), tail: string): PayloadOfSize {
  return (bytes) => {
    const room = bytes - Buffer.byteLength(head) - Buffer.byteLength(tail);
    if (typeof unit === 'string') {
      return Buffer.from(head + unit.repeat(Math.max(room, 0) / Buffer.byteLength(unit)) + tail);
    }
    const units: string[] = [];
    for (let used = 0, index = 0; ; index++) {
      const next = unit(index);
      used += Buffer.byteLength(next);
      if (used > room) return Buffer.from(head + units.join('') + tail);
      units.push(next);
    }
  };
}

const INPUT = '{"input":{"ApplicantIncome":1,';

/** Payloads by what is much in them. Each was a candidate for time that grows faster than the bytes. */
export const HOSTILE_PAYLOADS: Readonly<Record<string, PayloadOfSize>> = {
  'digits and a letter in a text': repeated('{"input":{"ApplicantIncome":"', '1', 'x"}}'),
  'digits of a number': repeated('{"input":{"ApplicantIncome":', '1', '}}'),
  'digits after the point': repeated('{"input":{"ApplicantIncome":0.', '0', '1}}'),
  'digits of an exponent': repeated('{"input":{"ApplicantIncome":1e', '1', '}}'),
  'digits of a request id': repeated(`${INPUT}"LoanAmount":1},"request_id":`, '1', '}'),
  'numbers that are hard to round': repeated(`${INPUT}"a":[`, '2.2250738585072011e-308,', '1]}}'),
  'a bare NaN, then escaped quotes': repeated('NaN', '\\"', ''),
  'a bare NaN, then quotes': repeated('NaN', '"', ''),
  'a bare NaN, then an open text': repeated('NaN"', '\\\\', ''),
  'bare NaNs': repeated(`${INPUT}"a":[`, 'NaN,', '1]}}'),
  'NaN in texts': repeated(`${INPUT}"b":NaN,"a":"`, '\\"NaN', '"}}'),
  'arrays in arrays': repeated('', '[', ''),
  'arrays in arrays, closed': (bytes) => Buffer.from('['.repeat(bytes / 2) + ']'.repeat(bytes / 2)),
  'objects in objects': repeated('', '{"a":', ''),
  'empty objects': repeated(`${INPUT}"a":[`, '{},', '1]}}'),
  'objects of new keys': repeated(`${INPUT}"a":[`, (index) => `{"q${index}":1},`, '1]}}'),
  'short new keys': repeated(INPUT, (index) => `"${index.toString(36)}":1,`, '"a":1}}'),
  'as many new keys as allowed': repeated(INPUT, (index) => `"q${index}":${'1'.repeat(24)},`, '"a":1}}'),
  'numbers as keys': repeated(INPUT, (index) => `"${4_294_967_294 - index * 97}":1,`, '"a":1}}'),
  'keys whose hashes may collide': repeated(
    INPUT,
    (index) => `"${index * 16_384}":${'1'.repeat(22)},`,
    '"a":1}}',
  ),
  'one key': repeated(INPUT, '"a":1,', '"a":1}}'),
  'one key, as often as allowed': repeated(INPUT, '"a":1234567890123456789012345678,', '"a":1}}'),
  'keys in escapes': repeated(INPUT, (index) => `"\\u0061${index}":1,`, '"a":1}}'),
  'one long key': repeated(`${INPUT}"`, 'k', '":1}}'),
  'a long text': repeated('{"input":{"Gender":"', 'x', '"}}'),
  'a long text of two bytes a character': repeated('{"input":{"Gender":"', 'é', '"}}'),
  'a long text of emoji': repeated('{"input":{"Gender":"', '😀', '"}}'),
  'a long text in escapes': repeated('{"input":{"Gender":"', '\\u00e9', '"}}'),
  'quotes in a text': repeated('{"input":{"Gender":"', '\\"', '"}}'),
  'colons in a text': repeated(`${INPUT}"a":"`, ':', '"}}'),
  'colons after quotes in a text': repeated(`${INPUT}"a":"`, '\\":', '"}}'),
  'a long request id': repeated(`${INPUT}"a":1},"request_id":"`, 'x', '"}'),
  'many texts': repeated(`${INPUT}"a":[`, (index) => `"s${index}",`, '1]}}'),
  'as many texts as allowed': repeated(`${INPUT}"a":[`, (index) => `"s${index}",${'1,'.repeat(12)}`, '1]}}'),
  'spaces before the record': repeated('', ' ', '{"input":{}}'),
  'spaces before each colon': repeated(INPUT, `"a"${' '.repeat(40)}:1,`, '"a":1}}'),
  'random bytes': (bytes) => randomBytes(bytes),
  zeros: (bytes) => Buffer.alloc(bytes),
};
