import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../../scripts/stack/free-port.ts';
import { ModelRegistry } from '../../../services/shared/mlflow/model-registry.ts';
import { RegistryError } from '../../../services/shared/mlflow/registry-error.ts';
import { registerVersion } from '../../support/register-version.ts';
import { sharedMlflow } from '../../support/shared-servers.ts';

const NAME = 'credit model, v2 (test)';

let registry: ModelRegistry;

async function kindOf(failing: Promise<unknown>): Promise<string> {
  const error = await failing.catch((caught: unknown) => caught);
  return error instanceof RegistryError ? error.kind : String(error);
}

async function answering(status: number, body: string): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

beforeAll(async () => {
  const url = await sharedMlflow();
  registry = new ModelRegistry({ url });
  await registerVersion(url, { name: NAME, files: new Map([['model.onnx', Buffer.from('graph')]]) });
  await registerVersion(url, { name: NAME, files: new Map() });
}, 300_000);

describe('ModelRegistry against a real MLflow', () => {
  test('an alias that was never set, and a model that does not exist, resolve to undefined', async () => {
    await expect(registry.resolveAlias(NAME, 'champion')).resolves.toBeUndefined();
    await expect(registry.resolveAlias('no such model', 'champion')).resolves.toBeUndefined();
  });

  test('an alias resolves to the version it was moved to', async () => {
    await registry.setAlias(NAME, 'champion', '1');
    await registry.setAlias(NAME, 'champion', '2');
    await expect(registry.resolveAlias(NAME, 'champion')).resolves.toBe('2');
  });

  test('a version comes with its tags', async () => {
    await registry.setVersionTag(NAME, '1', 'digest', 'sha256:00');
    await expect(registry.getVersion(NAME, '1')).resolves.toMatchObject({
      name: NAME,
      version: '1',
      tags: { digest: 'sha256:00' },
    });
    expect(await kindOf(registry.getVersion(NAME, '99'))).toBe('not_found');
  });

  test('the newest versions come first, and every alias is named', async () => {
    const versions = await registry.newestVersions(NAME);
    expect(versions.map(({ version }) => version)).toEqual(['2', '1']);
    await registry.setAlias(NAME, 'blue', '1');
    expect(await registry.aliases(NAME)).toMatchObject({ blue: '1' });
    expect(await registry.aliases('no such model')).toEqual({});
  });

  test('artifacts are listed and downloaded, within the limit', async () => {
    await expect(registry.listArtifacts(NAME, '1')).resolves.toEqual([{ path: 'model.onnx', sizeBytes: 5 }]);
    const content = await registry.downloadArtifact(NAME, '1', 'model.onnx', 5);
    expect(new TextDecoder().decode(content)).toBe('graph');
    expect(await kindOf(registry.downloadArtifact(NAME, '1', 'model.onnx', 4))).toBe('refused');
  });

  test('a version without artifacts lists none', async () => {
    await expect(registry.listArtifacts(NAME, '2')).resolves.toEqual([]);
  });

  test('an artifact that does not exist is not found', async () => {
    await expect(registry.downloadArtifact(NAME, '1', 'no-such-file', 1_000)).rejects.toMatchObject({
      kind: 'not_found',
    });
  });

  test.each([
    [404, '<html>default backend</html>'],
    [403, 'Forbidden'],
    [200, '<html>please log in</html>'],
  ])(
    '%i by something that is not MLflow says nothing of the registry: it is unreachable',
    async (status, body) => {
      await using stranger = await answering(status, body);
      const stand = new ModelRegistry({ url: stranger.url });
      const error = await stand.resolveAlias(NAME, 'champion').catch((caught: unknown) => caught);
      expect(error).toMatchObject({ kind: 'unreachable', message: expect.stringContaining(stranger.url) });
    },
  );

  test('a server that is not there is unreachable, and the message says where', async () => {
    const port = await freePort();
    const nowhere = new ModelRegistry({ url: `http://127.0.0.1:${port}` });
    expect(await kindOf(nowhere.resolveAlias(NAME, 'champion'))).toBe('unreachable');
    await expect(nowhere.resolveAlias(NAME, 'champion')).rejects.toThrow(
      new RegExp(`:${port} .*ECONNREFUSED`),
    );
  });
});
