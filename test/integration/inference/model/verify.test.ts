import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../../../scripts/stack/free-port.ts';
import { ManagedProcess } from '../../../../scripts/stack/managed-process.ts';
import { repositoryRoot } from '../../../../scripts/stack/paths.ts';
import { digestOf, loanArtifact, loanContract } from '../../../support/model/loan-model.ts';
import { registerVersion } from '../../../support/register-version.ts';
import { sharedMlflow } from '../../../support/shared-servers.ts';

const START_MILLISECONDS = 120_000;

describe('the verification Job', () => {
  const directory = mkdtempSync(join(tmpdir(), 'verify-'));
  const name = 'verification';
  let mlflowUrl: string;

  async function verify(environment: Readonly<Record<string, string>>) {
    const message = `${directory}/termination-log`;
    const run = new ManagedProcess({
      name: 'verify',
      command: process.execPath,
      arguments: [`${repositoryRoot}/services/inference/verify.ts`],
      environment: {
        MODEL_NAME: name,
        CANDIDATE_TRACKING_URI: mlflowUrl,
        // A wide limit, because this test is not about the speed of the machine.
        MAX_BATCH_P99_MILLISECONDS: '10000',
        TERMINATION_MESSAGE_PATH: message,
        ...environment,
      },
      logFile: `${directory}/verify.log`,
    });
    const code = await run.exit();
    return { code, verdict: JSON.parse(readFileSync(message, 'utf8')) };
  }

  beforeAll(async () => {
    mlflowUrl = await sharedMlflow();
    await registerVersion(mlflowUrl, { name, files: loanArtifact() });
    const narrower = loanContract().fields.map((field) =>
      field.name === 'Property_Area' ? { ...field, values: ['Rural', 'Urban'] } : field,
    );
    const contract = Buffer.from(JSON.stringify({ ...loanContract(), fields: narrower }));
    await registerVersion(mlflowUrl, { name, files: loanArtifact().set('serving.json', contract) });
  }, START_MILLISECONDS);

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test(
    'passes a good version with exit code 0, telling digest and run',
    async () => {
      expect(await verify({ MODEL_VERSION: '1' })).toEqual({
        code: 0,
        verdict: {
          passed: true,
          reason: 'Verified',
          message: expect.stringMatching(/^2 golden samples match; p99 of batches of 256 is [\d.]+ ms$/),
          digest: digestOf(loanArtifact()),
          runId: expect.stringMatching(/^[0-9a-f]{32}$/),
        },
      });
    },
    START_MILLISECONDS,
  );

  test(
    'fails a version that cannot follow the stable one, with exit code 1',
    async () => {
      expect(await verify({ MODEL_VERSION: '2', STABLE_VERSION: '1' })).toMatchObject({
        code: 1,
        verdict: {
          passed: false,
          reason: 'SignatureIncompatible',
          message: 'Property_Area no longer takes "Semiurban"',
        },
      });
    },
    START_MILLISECONDS,
  );

  test(
    'leaves the question open with exit code 2 where a setting is wrong, and names it',
    async () => {
      expect(await verify({ MODEL_VERSION: '1', CANDIDATE_TRACKING_URI: 'mlflow' })).toMatchObject({
        code: 2,
        verdict: {
          passed: false,
          reason: 'VerificationInterrupted',
          message: expect.stringContaining('CANDIDATE_TRACKING_URI'),
        },
      });
    },
    START_MILLISECONDS,
  );

  test(
    'leaves the question open with exit code 2 where the registry is away',
    async () => {
      const CANDIDATE_TRACKING_URI = `http://127.0.0.1:${await freePort()}`;
      expect(await verify({ MODEL_VERSION: '1', CANDIDATE_TRACKING_URI })).toMatchObject({
        code: 2,
        verdict: {
          passed: false,
          reason: 'VerificationInterrupted',
          message: expect.stringContaining('unreachable'),
        },
      });
    },
    START_MILLISECONDS,
  );
});
