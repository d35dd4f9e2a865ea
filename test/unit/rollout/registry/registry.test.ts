import { describe, expect, test } from '@jest/globals';
import { MlflowServers } from '../../../../operators/rollout/registry/mlflow-servers.ts';
import { MlflowRegistry } from '../../../../operators/rollout/registry/registry.ts';
import { HostList } from '../../../../operators/rollout/servers/host-list.ts';
import { httpServer } from '../../../support/http-server.ts';

const hosts = new HostList({
  setting: 'REGISTRY_HOSTS',
  field: 'spec.registry.url',
  allowed: [{ host: '127.0.0.1', port: undefined }],
});

const credentials = { of: async () => ({ headers: {} }) };
const evil = { url: 'http://evil:5000' };

/** What the operator reads if MLflow gives this registered model. */
async function readingOf(model: object) {
  await using server = await httpServer((_request, response) => {
    response.end(JSON.stringify({ registered_model: model }));
  });
  return await new MlflowRegistry(new MlflowServers(hosts, credentials)).readAlias(server, 'm', 'champion');
}

const champion = (version: unknown) => ({ aliases: [{ alias: 'champion', version }] });

describe('the alias of a model', () => {
  test('comes with the creation time of the model', async () => {
    expect(await readingOf({ ...champion('7'), creation_timestamp: 1_764_288_000_123 })).toEqual({
      kind: 'version',
      version: '7',
      modelCreatedAt: '2025-11-28T00:00:00.123Z',
    });
  });

  test.each([undefined, null, 0, -1, '', 'yesterday', 253_402_300_800_000, 1.7e15, 1e300, {}])(
    'has no creation time if MLflow gives %j',
    async (creation_timestamp) => {
      expect(await readingOf({ ...champion('7'), creation_timestamp })).toEqual({
        kind: 'version',
        version: '7',
        modelCreatedAt: undefined,
      });
    },
  );

  test.each([
    '',
    ' 7',
    '7 ',
    '7\n',
    '-7',
    '7.0',
    '7e1',
    '0x7',
    'v7',
    '٧',
    '"} or up{a="',
    '7'.repeat(21),
    7,
    null,
  ])('is refused if it names the version %j', async (version) => {
    const reading = await readingOf(champion(version));
    expect(reading).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(reading)).not.toContain('or up');
  });

  test('is absent if only other aliases exist, whatever they name', async () => {
    expect(await readingOf({ aliases: [{ alias: 'other', version: 'x' }] })).toEqual({ kind: 'absent' });
  });
});

test('a server that the operator may not call is a reading, and gets no tag', async () => {
  const registry = new MlflowRegistry(new MlflowServers(hosts, credentials));
  expect(await registry.readAlias(evil, 'm', 'champion')).toMatchObject({
    kind: 'notAllowed',
    message: expect.stringContaining('evil:5000'),
  });
  await expect(registry.setTag(evil, 'm', '1', 'a', 'b')).rejects.toThrow('evil:5000');
});
