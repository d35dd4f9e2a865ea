import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');

/** What each part may import from this repository, beside itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'services/shared': [],
  'services/stream': ['services/shared'],
  'services/inference': ['services/shared', 'services/stream'],
  'operators/rollout': ['services/shared'],
  charts: ['services/shared'],
};

function localImports(file: string): string[] {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const specifiers = [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g)].map(
    (match) => match[1] ?? '',
  );
  return specifiers.map((specifier) => relative(ROOT, join(ROOT, dirname(file), specifier)));
}

describe('layering', () => {
  for (const [part, allowed] of Object.entries(ALLOWED)) {
    test(`${part} imports only ${['itself', ...allowed].join(' and ')}`, () => {
      const files = globSync(`${part}/**/*.ts`, { cwd: ROOT });
      expect(files.length).toBeGreaterThan(0);
      const strays = files.flatMap((file) =>
        localImports(file)
          .filter((target) => target !== 'package.json')
          .filter((target) => ![part, ...allowed].some((home) => target.startsWith(`${home}/`)))
          .map((target) => `${file} imports ${target}`),
      );
      expect(strays).toEqual([]);
    });
  }

  test('only an entry point reads process.env', () => {
    const files = globSync('{services,operators}/**/*.ts', { cwd: ROOT });
    const readers = files.filter((file) => readFileSync(join(ROOT, file), 'utf8').includes('process.env'));
    expect(readers.filter((file) => !/\/(main|verify)\.ts$/.test(file))).toEqual([]);
  });
});
