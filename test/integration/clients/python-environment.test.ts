import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { pythonEnvironment } from '../../clients/python-environment.ts';

const directory = mkdtempSync(join(tmpdir(), 'python-environment-'));

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('packages that cannot be had fail with what pip said and with advice', async () => {
  Object.assign(process.env, {
    PIP_INDEX_URL: 'http://127.0.0.1:1/simple',
    PIP_FIND_LINKS: '',
    PIP_RETRIES: '0',
  });
  const requirements = `${directory}/unreachable.txt`;
  writeFileSync(requirements, 'six==1.17.0\n');
  const packages = pythonEnvironment(requirements, { cache: directory });
  await expect(packages).rejects.toThrow(/unreachable\.txt were not installed/);
  await expect(packages).rejects.toThrow(/six==1\.17\.0/);
  await expect(packages).rejects.toThrow(/PIP_INDEX_URL/);
});
