import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { checkFiles, type GeneratedFile, writeFiles } from '../../../../scripts/reference/generated-file.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reference-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const file = (path: string, content: string | undefined): GeneratedFile => ({ path, render: () => content });

test('a file that was written is current, until the code gives another content', () => {
  expect(checkFiles(root, [file('docs/a.md', 'one')])).toEqual([{ path: 'docs/a.md', state: 'stale' }]);
  writeFiles(root, [file('docs/a.md', 'one')]);
  expect(readFileSync(join(root, 'docs/a.md'), 'utf8')).toBe('one');
  expect(checkFiles(root, [file('docs/a.md', 'one')])).toEqual([{ path: 'docs/a.md', state: 'current' }]);
  expect(checkFiles(root, [file('docs/a.md', 'two')])).toEqual([{ path: 'docs/a.md', state: 'stale' }]);
});

test('each stale file is reported, not only the first', () => {
  const states = checkFiles(root, [file('a.md', 'one'), file('b.md', 'two')]);
  expect(states.map(({ state }) => state)).toEqual(['stale', 'stale']);
});

test('a file that cannot be generated here is skipped and left as it is', () => {
  writeFiles(root, [file('a.md', 'one')]);
  expect(writeFiles(root, [file('a.md', undefined)])).toEqual([{ path: 'a.md', state: 'skipped' }]);
  expect(checkFiles(root, [file('a.md', undefined)])).toEqual([{ path: 'a.md', state: 'skipped' }]);
  expect(readFileSync(join(root, 'a.md'), 'utf8')).toBe('one');
});
