import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';

test.each([
  [
    'services/inference/main.ts',
    { FOREIGN_PARTS: 'x', MLFLOW_TRACKING_URI: 'http://mlflow' },
    'FOREIGN_PARTS is "x"',
  ],
  ['operators/rollout/main.ts', { LEADER_LEASE: 'x', HTTP_PORT: 'many' }, 'HTTP_PORT is "many"'],
] as const)('%s says in one line what is wrong with a setting', (main, environment, problem) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${repositoryRoot}/${main}`], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^bad configuration: .*\n$/);
  expect(stderr).toContain(problem);
  expect(stdout).toBe('');
});
