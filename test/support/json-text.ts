import fc from 'fast-check';

/** Characters that JSON writes as they are, escapes, or writes in two to four bytes. */
export const JSON_EDGES = [
  ' ',
  '!',
  '"',
  '#',
  '[',
  '\\',
  ']',
  '~',
  '/',
  '\0',
  '\n',
  '\x7f',
  '\x80',
  'é',
  '\ud800',
  '\udc00',
  '\u2028',
  '😀',
];

/** A text that JSON writes in all its ways: as it is, with escapes, or in several bytes. */
export const jsonText = fc.oneof(
  fc.uuid(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...JSON_EDGES) }),
);
