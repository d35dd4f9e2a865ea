import { expect, test } from '@jest/globals';
import { tryCommand } from '../../cluster/command.ts';

const LARGE = 'x'.repeat(1_000_000);

test('gives a program its input', async () => {
  expect(await tryCommand('cat', [], { input: LARGE })).toMatchObject({ code: 0, stdout: LARGE });
});

test('gives a program without input an empty one', async () => {
  expect(await tryCommand('cat', [])).toMatchObject({ code: 0, stdout: '' });
});

test('tells how a program ended that did not read its input', async () => {
  const ended = await tryCommand('sh', ['-c', 'echo no such kind >&2; exit 3'], { input: LARGE });
  expect(ended).toEqual({ code: 3, stdout: '', stderr: 'no such kind\n' });
});
