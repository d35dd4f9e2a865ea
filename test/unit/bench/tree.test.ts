import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { imageNodeOptions, THIS_TREE } from '../../bench/tree.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(`${tmpdir()}/tree-`);
});

afterEach(() => rmSync(root, { recursive: true }));

test.each([
  [
    ['--max-semi-space-size=16', '--no-opt'],
    'ENTRYPOINT ["node", "--max-semi-space-size=16", "--no-opt", "inference.mjs"]',
  ],
  [[], 'ENTRYPOINT ["node", "inference.mjs"]'],
])('a benchmark starts node with the options %j of the image', (options, line) => {
  writeFileSync(
    `${root}/Dockerfile`,
    `FROM a\nENTRYPOINT ["node", "-x", "rollout.mjs"]\nFROM b\n${line}\nLABEL c\n`,
  );
  expect(imageNodeOptions({ root })).toEqual(options);
});

test('a tree whose image is started otherwise is refused', () => {
  writeFileSync(`${root}/Dockerfile`, 'ENTRYPOINT ["node", "rollout.mjs"]\n');
  expect(() => imageNodeOptions({ root })).toThrow('has no ENTRYPOINT of inference.mjs');
});

test('the image of this tree has a young generation of 16 MiB', () => {
  expect(imageNodeOptions(THIS_TREE)).toEqual(['--max-semi-space-size=16']);
});
