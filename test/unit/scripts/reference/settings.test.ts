import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { rulesBetween, settingsOf } from '../../../../scripts/reference/settings.ts';
import { decimal, flag, httpUrl, integer, list } from '../../../../services/shared/config.ts';

function setting(name: string, field: z.ZodType) {
  const [only] = settingsOf(z.object({ [name]: field }));
  return only;
}

describe('a setting is read from its schema', () => {
  test.each<[string, z.ZodType, { default: string; allowed: string }]>([
    ['WAIT_SECONDS', decimal(0.5, 3_600).default(10), { default: '`10`', allowed: '0.5 to 3,600 seconds' }],
    ['PORT', integer(0, 65_535), { default: 'required', allowed: 'whole number, 0 to 65,535' }],
    [
      'TRIES',
      integer(-1, 9).default(3).meta({ unit: 'tries' }),
      { default: '`3`', allowed: '-1 to 9 tries' },
    ],
    ['COLOUR', z.enum(['red', 'blue']).optional(), { default: 'unset', allowed: '`red`, `blue`' }],
    ['SPLIT', flag().default(true), { default: '`true`', allowed: '`true`, `false`' }],
    ['URL', httpUrl().optional(), { default: 'unset', allowed: 'http:// or https:// URL' }],
    ['NAMES', list().default(['a', 'b']), { default: '`a,b`', allowed: 'text' }],
    ['VERSION', z.string().regex(/^\d+$/, 'must be a number'), { default: 'required', allowed: 'number' }],
    ['SECRET', z.string().min(16), { default: 'required', allowed: 'at least 16 characters' }],
    ['GROUP', z.string().min(1).max(9), { default: 'required', allowed: '1 to 9 characters' }],
    [
      'HOST',
      z
        .string()
        .default(() => 'differs')
        .meta({ defaultText: "the host's name" }),
      { default: "the host's name", allowed: 'text' },
    ],
  ])('%s', (name, field, expected) => {
    expect(setting(name, field)).toEqual({ name, meaning: '', ...expected });
  });

  test('with its description, whatever comes before', () => {
    expect(setting('A', z.string().optional().describe('What A is.'))?.meaning).toBe('What A is.');
  });
});

test('rules between settings name the setting at fault first', () => {
  const schema = z
    .object({ A: z.string().optional(), B: z.string().optional() })
    .refine(({ A }) => A !== undefined, { path: ['B'], error: 'needs A' })
    .refine(() => true, { error: 'A and B go together' });
  expect(rulesBetween(schema)).toEqual(['`B` needs A', 'A and B go together']);
});
