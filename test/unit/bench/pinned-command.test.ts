import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { allowedCores, commandOn, pinned, sharedCore } from '../../bench/pinned-command.ts';

test('starts a command by taskset on the core', () => {
  expect(commandOn(3, 'node', ['main.ts'])).toEqual({
    command: 'taskset',
    args: ['--cpu-list', '3', 'node', 'main.ts'],
  });
});

test('starts the command itself if there is no core to pin it to', () => {
  expect(commandOn(undefined, 'node', ['main.ts'])).toEqual({ command: 'node', args: ['main.ts'] });
});

test.each([
  ['0-1', [0, 1]],
  ['1', [1]],
  ['0,2', [0, 2]],
  ['3-5,8,10-11', [3, 4, 5, 8, 10, 11]],
])('reads the allowed cores %s', (list, cores) => {
  const status = `Cpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed:\t1\n`;
  expect(allowedCores(status)).toEqual(cores);
});

test('knows no allowed core if the system does not tell', () => {
  expect(allowedCores('Name:\tnode\n')).toEqual([]);
});

(sharedCore === undefined ? test.skip : test)('may use only the shared core', () => {
  const { command, args } = pinned('grep', ['Cpus_allowed_list', '/proc/self/status']);
  expect(execFileSync(command, args, { encoding: 'utf8' }).split(/\s+/)[1]).toBe(String(sharedCore));
});
