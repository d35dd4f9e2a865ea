import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from '@jest/globals';
import { bundlePrograms } from '../../../../scripts/images/bundles.ts';
import { repositoryRoot } from '../../../../scripts/stack/paths.ts';

/** Sources in the bundles, apart from packages. */
let sources: readonly string[];

beforeAll(async () => {
  const outputs = await bundlePrograms(repositoryRoot);
  sources = [...new Set(Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)))].filter(
    (file) => !file.startsWith('node_modules/'),
  );
});

test('every source of a bundle reaches the build, and the programs that write the bundles do', () => {
  const permitted = readFileSync(`${repositoryRoot}/.dockerignore`, 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  const kept = (file: string) => permitted.some((path) => file === path || file.startsWith(`${path}/`));
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.filter((file) => !kept(file))).toEqual([]);
  for (const name of ['bundles', 'write-bundles']) expect(kept(`scripts/images/${name}.ts`)).toBe(true);
});

test('no test and no manifest is in a bundle', () => {
  expect(sources.filter((file) => /^(test|charts|infrastructure)\//.test(file))).toEqual([]);
});
