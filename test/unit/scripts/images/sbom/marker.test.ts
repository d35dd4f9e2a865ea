import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { markerHolds } from '../../../../../scripts/images/sbom/marker.ts';

const environment = {
  python_full_version: '3.11.16',
  python_version: '3.11',
  sys_platform: 'linux',
  platform_python_implementation: 'CPython',
};

test.each([
  ["sys_platform == 'darwin' or sys_platform == 'linux'", true],
  ["sys_platform == 'darwin'", false],
  ["python_full_version >= '3.11' and (sys_platform == 'darwin' or sys_platform == 'linux')", true],
  ["python_full_version < '3.11' and (sys_platform == 'darwin' or sys_platform == 'linux')", false],
  ["python_full_version < '3.11.3'", false],
  ["python_full_version < '3.9'", false],
  ["python_full_version > '3.9'", true],
  ["python_full_version == '3.11.*'", true],
  ["python_full_version == '3.1.*'", false],
  ["python_full_version != '3.12.*'", true],
  ["python_version == '3.11'", true],
  ["'linux' == sys_platform", true],
  ['platform_python_implementation != "PyPy"', true],
  // `and` binds more tightly than `or`.
  ["sys_platform == 'linux' or sys_platform == 'win32' and python_version < '3'", true],
  ["(sys_platform == 'linux' or sys_platform == 'win32') and python_version < '3'", false],
])('%s: %s', (marker, holds) => {
  expect(markerHolds(marker, environment)).toBe(holds);
});

describe('what cannot be read is refused', () => {
  test.each([
    ["os_name == 'posix'", /names os_name, which is not known/],
    ["sys_platform == 'linux' and", /cannot be read/],
    ["(sys_platform == 'linux'", /cannot be read/],
    ["sys_platform == 'linux' 'x'", /cannot be read/],
    ["sys_platform ~= 'linux'", /cannot be read/],
    ["sys_platform in 'linux'", /the operator in .* is not known/],
    ['', /cannot be read/],
  ])('%s', (marker, message) => {
    expect(() => markerHolds(marker, environment)).toThrow(message);
  });
});

test('a marker of any shape holds as its parts say', () => {
  type Part = { readonly text: string; readonly holds: boolean };
  const { part } = fc.letrec<{ part: Part; leaf: Part; node: Part }>((tie) => ({
    leaf: fc.boolean().map((holds) => ({ text: `sys_platform ${holds ? '==' : '!='} 'linux'`, holds })),
    node: fc
      .record({ left: tie('part'), word: fc.constantFrom('and', 'or'), right: tie('part') })
      .map(({ left, word, right }) => ({
        text: `(${left.text} ${word} ${right.text})`,
        holds: word === 'and' ? left.holds && right.holds : left.holds || right.holds,
      })),
    part: fc.oneof({ depthSize: 'small' }, tie('leaf'), tie('node')),
  }));
  fc.assert(fc.property(part, ({ text, holds }) => expect(markerHolds(text, environment)).toBe(holds)));
});
