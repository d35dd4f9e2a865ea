import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from '@jest/globals';
import { PassedChecks } from '../../../../scripts/skaffold/passed-checks.ts';

const folder = mkdtempSync(`${tmpdir()}/passed-checks-`);
afterAll(() => rmSync(folder, { recursive: true }));

test('a check that passed is not run again for the same facts, one that failed is', async () => {
  const checks = new PassedChecks(`${folder}/checked`);
  let runs = 0;
  const check = async () => {
    runs++;
  };
  const failing = async () => {
    await check();
    throw new Error('too large');
  };
  await expect(checks.once(['inference', 'a'], failing)).rejects.toThrow('too large');
  expect(await checks.once(['inference', 'a'], check)).toBe(false);
  expect(await checks.once(['inference', 'a'], check)).toBe(true);
  expect(await checks.once(['inference', 'b'], check)).toBe(false);
  expect(runs).toBe(3);
});
