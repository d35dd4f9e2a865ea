import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { checkSync } from 'recheck';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import {
  MADE_AT_RUN_TIME,
  type RegularExpression,
  regularExpressionsOf,
} from '../../support/regular-expressions.ts';

/** Why an input can hold the event loop in `expression`. Undefined if its time is linear in the length of any input. */
function weakness({ pattern, flags }: RegularExpression): string | undefined {
  // A bound that is known costs a constant at most. Small bounds give the same answer and are examined in no time.
  const bounded = pattern.replaceAll(/\d+(?=,?\d*\})/g, (count) => String(Math.min(Number(count), 3)));
  const result = checkSync(bounded, flags);
  if (result.status === 'safe' && ['linear', 'safe'].includes(result.complexity.type)) return undefined;
  return result.status === 'unknown' ? 'not understood by recheck' : result.complexity.summary;
}

/** Patterns of a JSON Schema, which its validator runs as regular expressions. */
function patternsOf(schema: unknown): RegularExpression[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { pattern } = schema as { readonly pattern?: unknown };
  const own = typeof pattern === 'string' ? [{ pattern, flags: 'u' }] : [];
  return [...own, ...Object.values(schema).flatMap(patternsOf)];
}

describe('no input can make a regular expression backtrack without end', () => {
  test('in the source files', async () => {
    const weak: string[] = [];
    let expressions = 0;
    for await (const path of glob('{services,operators,scripts,charts}/**/*.{ts,json}', {
      cwd: repositoryRoot,
    })) {
      const text = readFileSync(`${repositoryRoot}/${path}`, 'utf8');
      for (const expression of path.endsWith('.json')
        ? patternsOf(JSON.parse(text))
        : regularExpressionsOf(text)) {
        expressions++;
        if (expression === MADE_AT_RUN_TIME)
          weak.push(`${path}: a pattern made at run time: write a literal`);
        else {
          const reason = weakness(expression);
          if (reason !== undefined)
            weak.push(`${path}: /${expression.pattern}/${expression.flags} takes time: ${reason}`);
        }
      }
    }
    expect(weak).toEqual([]);
    expect(expressions).toBeGreaterThan(20);
  });

  test.each([
    ['a digit that fits two places', /^\d+\.?\d*$/],
    ['a search that starts anew at each character', /\/+$/],
    ['strings searched from each quote', /"(?:[^"\\]|\\.)*"|NaN/gs],
    ['repeated repetitions', /^(a+)+$/],
    ['two wildcards', /^(.+),(.+)$/],
  ])('%s is found', (_, { source, flags }) => {
    expect(weakness({ pattern: source, flags })).toMatch(/polynomial|exponential/);
  });
});

describe('the patterns of a source file are found', () => {
  test.each([
    ['a literal', 'const x = /a+/g;', { pattern: 'a+', flags: 'g' }],
    ['a literal in a schema', 'z.string().regex(/^b$/)', { pattern: '^b$', flags: '' }],
    ['a text given to RegExp', "new RegExp('c+', 'u')", { pattern: 'c+', flags: 'u' }],
    ['a text given to RegExp without new', "RegExp('d')", { pattern: 'd', flags: '' }],
    ['a value given to RegExp', 'new RegExp(x)', MADE_AT_RUN_TIME],
  ])('as %s', (_, source, expected) => {
    expect(regularExpressionsOf(source)).toEqual([expected]);
  });

  test('but not in comments and texts', () => {
    expect(regularExpressionsOf("// /a+/\nconst x = '/b/';")).toEqual([]);
  });
});
