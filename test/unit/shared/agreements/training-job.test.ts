import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { repositoryRoot } from '../../../../scripts/stack/paths.ts';
import { TRAINING_METRICS } from '../../../../services/shared/agreements/metric-names.ts';
import { TRAINING_EXIT_CODES } from '../../../../services/shared/agreements/training-job.ts';

const [errors, pushgateway] = ['errors', 'pushgateway'].map((module) =>
  globSync(`${repositoryRoot}/jobs/training/src/loan_training/**/${module}.py`)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n'),
);

test('the exit codes are those of the training job', () => {
  const codes = [...(errors ?? '').matchAll(/exit_code = (\d+)/g)].map(([, code]) => Number(code));
  expect([...new Set(codes)].sort()).toEqual(Object.values(TRAINING_EXIT_CODES));
});

test('the training job pushes the metrics of that name, and no others', () => {
  const pushed = [...(pushgateway ?? '').matchAll(/"(training_\w+)"/g)].map(([, name]) => name);
  expect(new Set(pushed)).toEqual(new Set(Object.values(TRAINING_METRICS)));
});
