import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { rolloutSettings } from '../../../../operators/rollout/config.ts';
import { configurationPage, SETTINGS_SECTIONS } from '../../../../scripts/reference/configuration.ts';
import { settingsOf } from '../../../../scripts/reference/settings.ts';
import { inferenceSettings } from '../../../../services/inference/config.ts';
import { longSentences } from '../../../support/prose/sentences.ts';

const settings = SETTINGS_SECTIONS.flatMap(({ title, schemas }) =>
  schemas.flatMap(settingsOf).map((setting) => ({ title, ...setting })),
);

describe('every setting is described in short sentences', () => {
  test.each(settings)('$title: $name', ({ meaning }) => {
    expect(meaning).toMatch(/^[`A-Z].*[.)]$/);
    expect(longSentences(meaning, 25)).toEqual([]);
  });
});

test('every number of a setting has a unit, but for ports', () => {
  const bare = settings.filter(({ allowed }) => allowed.startsWith('number') || allowed.startsWith('whole'));
  expect([...new Set(bare.map(({ name }) => name))]).toEqual(['HTTP_PORT']);
});

test.each([
  ['the inference service', inferenceSettings],
  ['the operator', rolloutSettings],
])('every variable that %s reads is on the page', (_, schema) => {
  const names = new Set(settings.map(({ name }) => name));
  expect(Object.keys(schema.shape).filter((name) => !names.has(name))).toEqual([]);
});

test('a section has a table, and the rules between its variables', () => {
  const schema = z
    .object({ A: z.string().default('x').describe('What A is.') })
    .refine(() => true, { path: ['A'], error: 'needs B' });
  const page = configurationPage([
    { title: 'Example', introduction: 'Of a test.', schemas: [schema], rules: schema },
  ]);
  expect(page).toMatch(/^# Configuration\n\nThis page is generated from .* by `make synth`\./);
  expect(page).toContain(
    [
      '## Example',
      '',
      'Of a test.',
      '',
      '| variable | default | allowed | meaning |',
      '|---|---|---|---|',
      '| `A` | `x` | text | What A is. |',
      '',
      'Rules between variables:',
      '',
      '- `A` needs B',
    ].join('\n'),
  );
});
