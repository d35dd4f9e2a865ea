import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Inference, startInference } from '../../../../scripts/stack/inference.ts';
import { repositoryRoot } from '../../../../scripts/stack/paths.ts';
import { ModelRegistry } from '../../../../services/shared/mlflow/model-registry.ts';
import { pythonEnvironment } from '../../../clients/python-environment.ts';
import {
  EXAMPLE_INPUT,
  expectedProbability,
  LOAN_FIELDS,
  loanArtifact,
} from '../../../support/model/loan-model.ts';
import { encodeOnnx } from '../../../support/model/onnx-graph.ts';
import { registerVersion } from '../../../support/register-version.ts';
import { sharedMlflow } from '../../../support/shared-servers.ts';

const REQUIREMENTS = 'test/clients/inference-clients-requirements.txt';
const START_MILLISECONDS = 420_000;
const CHECKS_MILLISECONDS = 120_000;

/** Types of the inputs of a graph that answers what it gets. The last two have the shapes that their names say. */
const TYPES = {
  bool: 'bool',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  uint8: 'uint8',
  uint16: 'uint16',
  uint32: 'uint32',
  uint64: 'uint64',
  float16: 'float16',
  float32: 'float32',
  float64: 'float64',
  string: 'string',
  empty: 'float32',
  scalar: 'float32',
} as const;

function typesArtifact(): Map<string, Uint8Array> {
  const names = Object.keys(TYPES) as (keyof typeof TYPES)[];
  const value = (name: keyof typeof TYPES, suffix: string) => ({
    name: name + suffix,
    type: TYPES[name],
    shape: name === 'scalar' ? [] : ['', ''],
  });
  const graph = encodeOnnx({
    inputs: names.map((name) => value(name, '')),
    outputs: names.map((name) => value(name, '_out')),
    initializers: [],
    nodes: names.map((name) => ({ operator: 'Identity', inputs: [name], output: `${name}_out` })),
  });
  return new Map([
    ['MLmodel', Buffer.from('flavors: {onnx: {data: model.onnx}}\n')],
    ['model.onnx', graph],
  ]);
}

const ROWS = [EXAMPLE_INPUT, { ApplicantIncome: 100, LoanAmount: 90, Credit_History: 1 }];

let bin: string;
let scene: string;
const directory = mkdtempSync(join(tmpdir(), 'inference-clients-'));
const services: Inference[] = [];

/** The service as a process of its own, with a model of a real MLflow. */
async function serve(mlflowUrl: string, name: string, files: Map<string, Uint8Array>): Promise<string> {
  const version = await registerVersion(mlflowUrl, { name, files });
  await new ModelRegistry({ url: mlflowUrl }).setAlias(name, 'champion', version);
  const service = await startInference({
    directory: join(directory, name),
    mlflowUrl,
    kinesisUrl: '',
    streams: { input: '', output: '', rejects: '' },
    environment: { MODEL_NAME: name },
  });
  services.push(service);
  await service.ready(60_000);
  return service.url;
}

beforeAll(async () => {
  const environment = pythonEnvironment(REQUIREMENTS, { complete: true });
  const mlflowUrl = await sharedMlflow();
  const loan = await serve(mlflowUrl, 'clients-loan', loanArtifact());
  const types = await serve(mlflowUrl, 'clients-types', typesArtifact());
  bin = await environment;
  scene = JSON.stringify({
    loan: { url: loan, model: 'clients-loan' },
    types: { url: types, model: 'clients-types' },
    version: '1',
    fields: LOAN_FIELDS.map(({ name }) => name),
    texts: LOAN_FIELDS.filter(({ type }) => type === 'string').map(({ name }) => name),
    rows: ROWS,
    probabilities: ROWS.map((row) => expectedProbability(row)),
  });
}, START_MILLISECONDS);

afterAll(async () => {
  for (const service of services) await service.stop();
  rmSync(directory, { recursive: true, force: true });
}, START_MILLISECONDS);

function run(script: string): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const options = { timeout: CHECKS_MILLISECONDS, env: { PATH: process.env.PATH ?? '' } };
    const python = execFile(
      `${bin}/python`,
      [`${repositoryRoot}/test/clients/${script}`],
      options,
      (error, stdout) => (error ? reject(error) : resolve(JSON.parse(stdout))),
    );
    python.stdin?.end(scene);
  });
}

const passed = (...checks: string[]) => Object.fromEntries(checks.map((check) => [check, 'ok']));

test(
  'tritonclient works with its default calls',
  async () => {
    expect(await run('triton_checks.py')).toEqual(
      passed(
        'health',
        'metadata',
        'repository',
        'statistics',
        'default_infer',
        'json_infer',
        'mixed_infer',
        'compressed_infer',
        'async_infer',
        'every_datatype',
        'every_datatype_answered_in_json',
        'bfloat16',
        'errors',
      ),
    );
  },
  CHECKS_MILLISECONDS,
);

test(
  "kserve's client works with its default calls",
  async () => {
    expect(await run('kserve_checks.py')).toEqual(
      passed('health', 'default_infer', 'json_infer', 'binary_outputs', 'every_datatype', 'errors'),
    );
  },
  CHECKS_MILLISECONDS,
);

test(
  'the types of mlserver write requests and read answers',
  async () => {
    expect(await run('mlserver_checks.py')).toEqual(
      passed('default_infer', 'metadata', 'repository', 'errors'),
    );
  },
  CHECKS_MILLISECONDS,
);
