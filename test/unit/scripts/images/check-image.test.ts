import { expect, test } from '@jest/globals';
import { checkImage } from '../../../../scripts/images/check-image.ts';
import type { ImageTarget } from '../../../../scripts/images/targets.ts';
import { type Answer, PlayedPrograms } from '../../../support/played-programs.ts';

const target: ImageTarget = {
  name: 'tools',
  base: 'node',
  limitMegabytes: 200,
  trials: [{ args: ['--help'], code: 0, says: /^Usage/ }],
};

const LABELS = Object.fromEntries(
  ['title', 'description', 'licenses'].map((name) => [`org.opencontainers.image.${name}`, 'x']),
);

function check(changes: object = {}, trial: Answer = { stdout: 'Usage: tools' }): Promise<string> {
  const { Config, ...rest } = changes as { Config?: object };
  const inspected = {
    Size: 150_000_000,
    Architecture: 'arm64',
    Config: { User: '10001:10001', Labels: LABELS, ...Config },
    ...rest,
  };
  const programs = new PlayedPrograms((line) =>
    line.includes('image inspect') ? { stdout: JSON.stringify(inspected) } : trial,
  );
  return checkImage(programs.run, 'docker', target, 'x/tools:1');
}

test('tells size, limit, user and platform of a good image', async () => {
  expect(await check()).toBe('tools: 150 of at most 200 MB, user 10001:10001, arm64');
});

test.each([
  ['size', { Size: 201_000_000 }, /x\/tools:1 has 201 MB, more than its limit of 200 MB/],
  ['a user by name', { Config: { User: 'node' } }, /runs as "node": the user must be a number/],
  ['no user', { Config: { User: '' } }, /runs as "": the user must be a number/],
  ['root', { Config: { User: '0:0' } }, /runs as root/],
  [
    'no labels',
    { Config: { Labels: null } },
    /has no label org.opencontainers.image.title\n.*description\n.*licenses/,
  ],
])('refuses an image for its %s', async (_, changes, message) => {
  await expect(check(changes)).rejects.toThrow(message);
});

test.each([
  ['ends otherwise', { code: 1, stdout: 'Usage' }, /ended with 1 instead of 0/],
  ['says something else', { code: 0, stdout: 'Error: no module' }, /did not say .*: Error: no module/],
])('refuses an image whose program %s', async (_, trial, message) => {
  await expect(check({}, trial)).rejects.toThrow(message);
});
