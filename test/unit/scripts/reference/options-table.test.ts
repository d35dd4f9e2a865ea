import { expect, test } from '@jest/globals';
import { z } from 'zod';
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
