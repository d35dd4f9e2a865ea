import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, expect, test } from '@jest/globals';
import { writeFolder } from '../../../charts/write-folder.ts';

const folder = mkdtempSync(`${tmpdir()}/write-folder-`);
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('holds exactly the manifests, and leaves the time of a file that is right already', () => {
  writeFolder(folder, new Map(['a', 'b', 'c'].map((name) => [`${name}.yaml`, name] as const)));
  for (const name of readdirSync(folder)) utimesSync(`${folder}/${name}`, 1, 1);
  writeFileSync(`${folder}/surplus.yaml`, '');

  const changed = writeFolder(
    folder,
    new Map([
      ['a.yaml', 'a'],
      ['b.yaml', 'changed'],
      ['d.yaml', 'new'],
    ]),
  );

  expect(readdirSync(folder).sort()).toEqual(['a.yaml', 'b.yaml', 'd.yaml']);
  expect(readFileSync(`${folder}/b.yaml`, 'utf8')).toBe('changed');
  expect(statSync(`${folder}/a.yaml`).mtimeMs).toBe(1_000);
  expect(statSync(`${folder}/b.yaml`).mtimeMs).toBeGreaterThan(1_000);
  // One written, one created, one of the manifests before removed, and the surplus file.
  expect(changed).toBe(4);
});
