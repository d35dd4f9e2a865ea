import { kubeAssets } from '../../scripts/stack/kube-assets/kube-assets.ts';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { jestSuite } from './jest-suite.ts';
import { readJunitReport } from './junit-report.ts';
import { npmScript } from './npm-script.ts';
import type { Preparation, Suite } from './suite.ts';

const TRAINING = `${repositoryRoot}/jobs/training`;

/** Without etcd and kube-apiserver the tests that need them fail and say why, and the others run. */
function withKubeAssets(): Promise<Preparation> {
  return kubeAssets().then(
    (directory) => ({ variables: { KUBEBUILDER_ASSETS: directory } }),
    ({ message }: Error) => ({ variables: { KUBE_ASSETS_ERROR: message }, problem: message }),
  );
}

/** What `make test` runs, in this order. */
export const SUITES: readonly Suite[] = [
  { name: 'lint', command: npmScript('lint') },
  { name: 'types', command: npmScript('types') },
  { name: 'structure', command: npmScript('structure') },
  {
    name: 'python-lint',
    command: ['bash', '-c', '.venv/bin/ruff check . && .venv/bin/ruff format --check .'],
    workingDirectory: TRAINING,
  },
  {
    name: 'generated',
    command: ['bash', '-c', 'node charts/main.ts --check && node scripts/write-reference.ts --check'],
  },
  jestSuite('unit', '--maxWorkers=100%'),
  {
    name: 'python',
    command: ['.venv/bin/pytest', '-q'],
    workingDirectory: TRAINING,
    report: { arguments: (file) => [`--junitxml=${file}`], read: readJunitReport },
  },
  {
    name: 'scanners',
    command: ['node', 'test/scanners/main.ts'],
    prepare: withKubeAssets,
  },
  { ...jestSuite('integration', '--maxWorkers=2'), prepare: withKubeAssets },
];
