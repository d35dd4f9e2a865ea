import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { repositoryRoot } from '../../../../scripts/stack/paths.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import type { ServingContract } from '../../../../services/shared/contract/serving-contract.ts';
import { pythonEnvironment } from '../../../clients/python-environment.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { loanArtifact, loanContract } from '../../../support/model/loan-model.ts';

const CLIENTS = `${repositoryRoot}/test/clients`;
const INSTALL_MILLISECONDS = 360_000;
const RUN_MILLISECONDS = 240_000;
const EXAMPLES = 8;
const SEED = 20_261_128;

const run = promisify(execFile);

let bin: string;
let directory: string;
beforeAll(async () => {
  bin = await pythonEnvironment('test/clients/schemathesis-requirements.txt');
  directory = await mkdtemp(join(tmpdir(), 'open-api-'));
}, INSTALL_MILLISECONDS);
afterAll(() => rm(directory, { recursive: true, force: true }));

/** A service with a real graph, or without a model. */
async function service(withModel: boolean) {
  if (!withModel) return httpApp();
  const registry = new FakeRegistry();
  registry.add(
    '7',
    new Map([...loanArtifact(), ['serving.json', Buffer.from(JSON.stringify(withLevels()))]]),
  );
  const options = { registry, name: 'loan-eligibility', version: '7', requireContract: true };
  return httpApp({ stable: await loadModel(options), allowedOrigins: ['*'] });
}

/** Fields of every kind: values, aliases, ranges, levels, required and not. */
function withLevels(): ServingContract {
  const contract = loanContract();
  const fields = contract.fields.map((field) =>
    field.name === 'Credit_History' ? { ...field, levels: [0, 1] } : field,
  );
  return { ...contract, fields } as ServingContract;
}

/** Standard output of the program, also if it fails. */
async function outputOf(program: string, parameters: readonly string[]): Promise<string> {
  const options = { cwd: directory, timeout: RUN_MILLISECONDS, maxBuffer: 64 * 1024 * 1024 };
  return run(program, [...parameters], options).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string; stderr?: string; message: string }) =>
      `failed: ${error.stdout || error.stderr || error.message}`,
  );
}

describe.each([
  ['with a model', true, 'all'],
  // Its 503 is documented, and a fault of the server to the other checks.
  ['without a model', false, 'status_code_conformance,content_type_conformance,response_schema_conformance'],
])('the OpenAPI document of a service %s', (_, withModel, checks) => {
  test('is valid', async () => {
    await using app = await service(withModel);
    const file = join(directory, `document-${withModel}.json`);
    await writeFile(file, (await app.call('/openapi.json')).text);
    expect(await outputOf(`${bin}/python`, [`${CLIENTS}/openapi_checks.py`, file])).toBe('');
  });

  test(
    'is kept by the service for requests that schemathesis makes of it',
    async () => {
      await using app = await service(withModel);
      const output = await outputOf(`${bin}/schemathesis`, [
        `--config-file=${CLIENTS}/schemathesis.toml`,
        '--no-color',
        'run',
        `${app.url}/openapi.json`,
        `--checks=${checks}`,
        `--max-examples=${EXAMPLES}`,
        `--seed=${SEED}`,
        '--generation-database=none',
        '--continue-on-failure',
        '--warnings=off',
      ]);
      expect(output).not.toMatch(/^failed|^- |Server error/m);
      expect(output).toMatch(/\d{3,} generated/);
    },
    RUN_MILLISECONDS,
  );
});
