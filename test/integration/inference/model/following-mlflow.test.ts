import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../../../scripts/stack/free-port.ts';
import { type Inference, startInference } from '../../../../scripts/stack/inference.ts';
import { ModelRegistry } from '../../../../services/shared/mlflow/model-registry.ts';
import { digestOf, EXAMPLE_INPUT, loanArtifact } from '../../../support/model/loan-model.ts';
import { registerVersion } from '../../../support/register-version.ts';
import { sharedMlflow } from '../../../support/shared-servers.ts';
import { TcpGate } from '../../../support/tcp-gate.ts';
import { until } from '../../../support/until.ts';

const NAME = 'following-mlflow';
const START_MILLISECONDS = 120_000;

interface Readiness {
  readonly dependencies: Readonly<
    Record<'model' | 'registry', { readonly state: string; readonly message?: string }>
  >;
}

/** The service as a process of its own, which reaches a real MLflow through a gate. It serves HTTP alone. */
describe('a service that follows an alias', () => {
  const directory = mkdtempSync(join(tmpdir(), 'following-mlflow-'));
  let gatePort: number;
  let gate: TcpGate;
  let mlflowUrl: string;
  let service: Inference;
  let registry: ModelRegistry;

  async function register(
    intercept: number,
    change?: (files: Map<string, Uint8Array>) => void,
  ): Promise<string> {
    const files = loanArtifact({ intercept });
    const tags = { digest: digestOf(files) };
    change?.(files);
    return registerVersion(mlflowUrl, { name: NAME, files, tags });
  }

  async function predict() {
    const response = await fetch(`${service.url}/predict`, {
      method: 'POST',
      body: JSON.stringify(EXAMPLE_INPUT),
    });
    return response.json() as Promise<Record<string, unknown>>;
  }

  async function readiness() {
    const response = await fetch(`${service.url}/readyz`);
    return { status: response.status, body: (await response.json()) as Readiness };
  }

  const serves = (version: string) =>
    until(`version ${version} serves`, async () => (await predict()).model_version === version, 60_000);

  beforeAll(async () => {
    mlflowUrl = await sharedMlflow();
    registry = new ModelRegistry({ url: mlflowUrl });
    gatePort = await freePort();
    gate = new TcpGate(gatePort, mlflowUrl);
    service = await startInference({
      directory,
      mlflowUrl: `http://127.0.0.1:${gatePort}`,
      kinesisUrl: '',
      streams: { input: '', output: '', rejects: '' },
      environment: { MODEL_NAME: NAME, REGISTRY_POLL_SECONDS: '0.2' },
    });
  }, START_MILLISECONDS);

  afterAll(async () => {
    await service?.stop();
    await gate?.close();
    rmSync(directory, { recursive: true, force: true });
  }, START_MILLISECONDS);

  test(
    'lives, is not ready and says why while MLflow is not there yet',
    async () => {
      await until(
        'it answers',
        async () => (await fetch(`${service.url}/livez`).catch(() => undefined))?.ok === true,
        60_000,
      );
      await until(
        'it has asked',
        async () => (await readiness()).body.dependencies.registry.message !== undefined,
      );
      const { status, body } = await readiness();
      expect(status).toBe(503);
      expect(body.dependencies.registry).toEqual({
        state: 'waiting',
        message: expect.stringContaining(`MLflow at http://127.0.0.1:${gatePort} is unreachable`),
      });
    },
    START_MILLISECONDS,
  );

  test(
    'serves the version as soon as MLflow, the model and the alias are there',
    async () => {
      await gate.open();
      const version = await register(-2);
      await registry.setAlias(NAME, 'champion', version);
      await serves(version);
      expect(await predict()).toMatchObject({ prediction: 'Approved', approved: true, model_version: '1' });
      expect(await readiness()).toMatchObject({
        status: 200,
        body: {
          model: { version: '1', digest: digestOf(loanArtifact()) },
          dependencies: { registry: { state: 'ok' } },
        },
      });
    },
    START_MILLISECONDS,
  );

  test(
    'swaps when the alias moves',
    async () => {
      const version = await register(-9);
      await registry.setAlias(NAME, 'champion', version);
      await serves(version);
      expect(await predict()).toMatchObject({ prediction: 'Rejected', model_version: '2' });
    },
    START_MILLISECONDS,
  );

  test.each<[string, (files: Map<string, Uint8Array>) => void, string]>([
    [
      'whose files were changed',
      (files) => files.set('model.onnx', Buffer.from('x')),
      "the version's tag `digest` is",
    ],
    ['without any file', (files) => files.clear(), 'is registered but has no files'],
  ])(
    'refuses a version %s and keeps the one before it',
    async (_, spoil, message) => {
      const bad = await register(-2, spoil);
      await registry.setAlias(NAME, 'champion', bad);
      await until('it is refused', async () => {
        const { body } = await readiness();
        return String(body.dependencies.model.message).includes(`version ${bad} is refused`);
      });
      const { status, body } = await readiness();
      expect(status).toBe(200);
      expect(body.dependencies.model.message).toContain(message);
      expect(await predict()).toMatchObject({ model_version: '2' });
    },
    START_MILLISECONDS,
  );

  test(
    'keeps deciding while MLflow is down, and follows again once it is back',
    async () => {
      await gate.close();
      await until(
        'it has noticed',
        async () => (await readiness()).body.dependencies.registry.state === 'degraded',
      );
      expect((await readiness()).status).toBe(200);
      expect(await predict()).toMatchObject({ model_version: '2' });
      await gate.open();
      await registry.setAlias(NAME, 'champion', '1');
      await serves('1');
    },
    START_MILLISECONDS,
  );

  test(
    'stops by itself when it is told to',
    async () => {
      process.kill(service.process.pid, 'SIGTERM');
      expect(await service.process.exit()).toBe(0);
    },
    START_MILLISECONDS,
  );
});
