import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { IMAGE_TARGETS } from '../../../scripts/images/targets.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';

const page = readFileSync(`${repositoryRoot}/docs/reference/images.md`, 'utf8');

test('the page about images has the limit of each image, and a measured size below it', () => {
  const rows = [...page.matchAll(/^\| (\w+) \| (\d+) \| (\d+) \|/gm)].map(([, name, limit, measured]) => ({
    name,
    limit: Number(limit),
    within: Number(measured) <= Number(limit),
  }));
  expect(rows).toEqual(
    IMAGE_TARGETS.map(({ name, limitMegabytes }) => ({ name, limit: limitMegabytes, within: true })),
  );
});
