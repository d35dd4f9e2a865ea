import { expect, test } from '@jest/globals';
import { mustRun, ProgramMissing, runProgram } from '../../../../scripts/programs/run-program.ts';

const LARGE = 'x'.repeat(1_000_000);

test('gives a program its input, its environment and its folder', async () => {
  expect(await runProgram('cat', [], { timeoutSeconds: 30, input: LARGE })).toMatchObject({
    code: 0,
    stdout: LARGE,
  });
  const options = { timeoutSeconds: 30, environment: { WORD: 'hello' }, workingDirectory: '/' };
  expect((await runProgram('sh', ['-c', 'echo $WORD; pwd'], options)).stdout).toBe('hello\n/\n');
});

test('tells how a program ended that did not read its input', async () => {
  const ended = await runProgram('sh', ['-c', 'echo no >&2; exit 3'], { timeoutSeconds: 30, input: LARGE });
  expect(ended).toEqual({ code: 3, stdout: '', stderr: 'no\n' });
});

test('tells a program that is not there from a program that fails', async () => {
  await expect(runProgram('no-such-program', [], { timeoutSeconds: 30 })).rejects.toThrow(ProgramMissing);
  await expect(runProgram('no-such-program', [], { timeoutSeconds: 30 })).rejects.toThrow('not on PATH');
});

test('ends a program that does not end in time', async () => {
  await expect(runProgram('sleep', ['60'], { timeoutSeconds: 0.1 })).rejects.toThrow(
    'sleep 60 did not end within 0.1 s',
  );
});

test('does not wait for what an ended program has started', async () => {
  const start = performance.now();
  const run = runProgram('sh', ['-c', 'sleep 20 & sleep 20'], { timeoutSeconds: 0.1 });
  await expect(run).rejects.toThrow('did not end within 0.1 s');
  expect(performance.now() - start).toBeLessThan(10_000);
});

test('ends a program that prints without end', async () => {
  await expect(runProgram('yes', [LARGE.slice(0, 1000)], { timeoutSeconds: 60 })).rejects.toThrow(
    /printed more than \d+ bytes/,
  );
});

test('shows the last lines of a program that must succeed and fails', async () => {
  const args = ['-c', 'seq 1 40; echo wrong >&2; exit 4'];
  await expect(mustRun(runProgram, 'sh', args, { timeoutSeconds: 30 })).rejects.toThrow(
    /ended with 4\n {2}\| 28\n[\s\S]*\n {2}\| wrong$/,
  );
});
