import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { environmentSchema } from '../../../../charts/environment.ts';
import { awsEnvironmentSchema } from '../../../../infrastructure/environment-schema.ts';
import { optionsTable } from '../../../../scripts/reference/options-table.ts';
import { longSentences } from '../../../support/prose/sentences.ts';

test('a choice may be decided by another constant than kind', () => {
  const schema = z.strictObject({
    streams: z
      .discriminatedUnion('capacity', [
        z.strictObject({ shards: z.int().describe('Shards.'), capacity: z.literal('provisioned') }),
        z.strictObject({ capacity: z.literal('on-demand') }),
      ])
      .describe('Streams.'),
  });
  expect(optionsTable(schema).slice(3)).toEqual([
    '| `streams.capacity` | `provisioned`, `on-demand` | required |  | Decides which options follow. |',
    '| `streams.shards` | integer | required |  | With `provisioned`: Shards. |',
  ]);
});

test('every option of an AWS account is described in short sentences', () => {
  for (const row of optionsTable(awsEnvironmentSchema).slice(2)) {
    const meaning = row.split(' | ').at(-1)?.replace(/ \|$/, '') ?? '';
    expect({ row, described: /\.$/.test(meaning) }).toEqual({ row, described: true });
    expect(longSentences(meaning, 25)).toEqual([]);
  }
});

test('an option of a kind says to which kind it belongs', () => {
  const schema = z.strictObject({
    replicas: z.int().min(1).max(9).describe('Pods.'),
    mode: z.enum(['a', 'b']).default('a').describe('Mode.'),
    store: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('disk'), size: z.int().min(1).optional().describe('Size.') }),
        z.strictObject({ kind: z.literal('none') }),
      ])
      .describe('Store.'),
  });
  expect(optionsTable(schema).slice(2)).toEqual([
    '| `replicas` | integer | required | 1 to 9 | Pods. |',
    '| `mode` | `a`, `b` | `"a"` |  | Mode. |',
    '| `store` | object | required |  | Store. |',
    '| `store.kind` | `disk`, `none` | required |  | Decides which options follow. |',
    '| `store.size` | integer | unset | at least 1 | With `disk`: Size. |',
  ]);
});

test('every option of an environment is described in short sentences', () => {
  for (const row of optionsTable(environmentSchema).slice(2)) {
    const meaning = row.split(' | ').at(-1)?.replace(/ \|$/, '') ?? '';
    expect({ row, described: /\.$/.test(meaning) }).toEqual({ row, described: true });
    expect(longSentences(meaning, 25)).toEqual([]);
  }
});
