import { expect, test } from '@jest/globals';
import { runTool } from '../../../support/stream/stream-tool.ts';

test('import-kcl refuses a start before 1970 with option, value and rule', async () => {
  const args = ['import-kcl', 'dump.json', '--start-at', '1960-01-01T00:00:00Z'];
  const run = await runTool([...args, '--lease-file', 'leases.json', '--endpoint', 'http://127.0.0.1:9']);
  expect([run.code, run.said]).toEqual([
    2,
    'stream: --start-at 1960-01-01T00:00:00Z: must not be before 1970-01-01T00:00:00Z. Give TRIM_HORIZON for the oldest record',
  ]);
});
