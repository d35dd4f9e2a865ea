import { expect, test } from '@jest/globals';
import { findingsOf } from '../../scanners/checkov.ts';
import { EXCEPTIONS, problemsOf } from '../../scanners/exceptions.ts';

const finding = {
  check: 'CKV_K8S_40',
  name: 'Containers should run as a high UID',
  object: 'Deployment/mlflow',
  file: 'k8s/eks/03-mlflow.yaml',
};

test('a finding without an exception is a problem that names the object and the check', () => {
  expect(problemsOf([finding], [])).toEqual([
    'k8s/eks/03-mlflow.yaml: Deployment/mlflow fails CKV_K8S_40 (Containers should run as a high UID). Mend the chart, or add an exception with its reason to test/scanners/exceptions.ts',
  ]);
});

test('an exception holds for its objects and its check alone', () => {
  const exceptions = [{ check: 'CKV_K8S_40', objects: /^Deployment\/mlflow$/, reason: 'a reason' }];
  expect(problemsOf([finding], exceptions)).toEqual([]);
  expect(problemsOf([finding, { ...finding, object: 'Deployment/mlflow-2' }], exceptions)).toHaveLength(1);
  expect(problemsOf([finding, { ...finding, check: 'CKV_K8S_8' }], exceptions)).toHaveLength(1);
});

test('an exception that covers nothing is a problem', () => {
  const exceptions = [{ check: 'CKV_K8S_1', objects: /./, reason: 'a reason' }];
  expect(problemsOf([], exceptions)).toEqual([expect.stringContaining('CKV_K8S_1')]);
});

test('every exception has a reason', () => {
  for (const { reason } of EXCEPTIONS) expect(reason).toMatch(/^[A-Z].{20,}\.$/);
});

test('a report of checkov is read, and a report of nothing is refused', () => {
  const report = (passed: number, failed_checks: object[] = []) =>
    JSON.stringify({ summary: { passed, parsing_errors: 0 }, results: { failed_checks } });
  const check = {
    check_id: 'CKV_K8S_40',
    check_name: 'High UID',
    file_path: '/k8s/eks/03-mlflow.yaml',
    resource: 'Deployment.loan-eligibility.mlflow',
  };
  expect(findingsOf(report(3, [check]))).toEqual({
    passed: 3,
    findings: [{ ...finding, name: 'High UID' }],
  });
  expect(() => findingsOf(report(0))).toThrow();
  expect(() => findingsOf(report(3, [{ ...check, resource: 'mlflow' }]))).toThrow();
});
