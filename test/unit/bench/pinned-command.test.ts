import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { commandOn, pinned, sharedCore } from '../../bench/pinned-command.ts';

test('starts a command by taskset on the core', () => {
  expect(commandOn(3, 'node', ['main.ts'])).toEqual({
    command: 'taskset',
    args: ['--cpu-list', '3', 'node', 'main.ts'],
  });
});

test('starts the command itself if there is no core to pin it to', () => {
  expect(commandOn(undefined, 'node', ['main.ts'])).toEqual({ command: 'node', args: ['main.ts'] });
});

(sharedCore === undefined ? test.skip : test)('may use only the shared core', () => {
  const { command, args } = pinned('grep', ['Cpus_allowed_list', '/proc/self/status']);
  expect(execFileSync(command, args, { encoding: 'utf8' }).split(/\s+/)[1]).toBe(String(sharedCore));
});
