import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MlflowServers } from '../../../../operators/rollout/registry/mlflow-servers.ts';
import { MlflowRegistry } from '../../../../operators/rollout/registry/registry.ts';
import { HostList } from '../../../../operators/rollout/servers/host-list.ts';
import { SecretReader } from '../../../../operators/rollout/servers/secret-reader.ts';
import { ServerCredentials } from '../../../../operators/rollout/servers/server-credentials.ts';
import { PrivateAuthorities } from '../../../../services/shared/credentials/private-authorities.ts';
import { KubernetesError } from '../../../../services/shared/kubernetes/kubernetes-error.ts';
import type { KubernetesObject } from '../../../../services/shared/kubernetes/objects.ts';
import { httpServer } from '../../../support/http-server.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const SECRET = 's3cret-Value.1';

let clock: ManualClock;
/** Data of the Secrets of the namespace, by name. */
let secrets: Record<string, Record<string, string>>;
let reads: string[];
let denied: boolean;
/** True if the API server fails every read. */
let failing: boolean;
let reader: SecretReader;
let credentials: ServerCredentials;
let registry: MlflowRegistry;

beforeEach(() => {
  clock = new ManualClock();
  secrets = {};
  reads = [];
  denied = false;
  failing = false;
  const get = async <T extends KubernetesObject>(path: string): Promise<T> => {
    reads.push(path);
    const name = path.split('/').at(-1) ?? '';
    const values = secrets[name];
    if (failing) throw new KubernetesError('no answer', { status: 0, reason: 'Unreachable' });
    if (denied) throw new KubernetesError(`may not read ${SECRET}`, { status: 403, reason: 'Forbidden' });
    if (values === undefined) throw new KubernetesError('none', { status: 404, reason: 'NotFound' });
    const data = Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    );
    return { metadata: { name }, data } as unknown as T;
  };
  reader = new SecretReader({ get }, 'lending', clock);
  credentials = new ServerCredentials(reader, new PrivateAuthorities());
  const hosts = new HostList({
    setting: 'REGISTRY_HOSTS',
    field: 'spec.registry.url',
    allowed: [{ host: '127.0.0.1', port: undefined }],
  });
  registry = new MlflowRegistry(new MlflowServers(hosts, credentials));
});

/** The header Authorization that MLflow gets, and what the operator reads. */
async function authorizationOf(reference: Parameters<ServerCredentials['of']>[0]) {
  let authorization: string | undefined;
  await using server = await httpServer((request, response) => {
    authorization = request.headers.authorization;
    response.end(JSON.stringify({ registered_model: { aliases: [{ alias: 'a', version: '1' }] } }));
  });
  const spec = { url: server.url, credentials: reference as { type: 'none' } | undefined };
  const reading = await registry.readAlias(spec, 'm', 'a');
  return { authorization, reading };
}

describe('a call to MLflow', () => {
  test('has no credentials if the spec names none, and reads no Secret', async () => {
    expect(await authorizationOf(undefined)).toMatchObject({
      authorization: undefined,
      reading: { version: '1' },
    });
    expect(await authorizationOf({ type: 'none' })).toMatchObject({ authorization: undefined });
    expect(reads).toEqual([]);
  });

  test('has the token of the Secret', async () => {
    secrets.mlflow = { token: `${SECRET}\n` };
    const { authorization } = await authorizationOf({ type: 'bearer', secret: 'mlflow' });
    expect(authorization).toBe(`Bearer ${SECRET}`);
    expect(reads).toEqual(['/api/v1/namespaces/lending/secrets/mlflow']);
  });

  test('has user and password of the Secret', async () => {
    secrets.mlflow = { username: 'svc', password: 'a:b ü' };
    const { authorization } = await authorizationOf({ type: 'basic', secret: 'mlflow' });
    expect(authorization).toBe(`Basic ${Buffer.from('svc:a:b ü').toString('base64')}`);
  });

  test('has the new token within a minute of a rotation, and does not read the Secret for each call', async () => {
    secrets.mlflow = { token: 'old' };
    const token = async () => (await authorizationOf({ type: 'bearer', secret: 'mlflow' })).authorization;
    for (let call = 0; call < 5; call++) expect(await token()).toBe('Bearer old');
    expect(reads).toHaveLength(1);
    secrets.mlflow = { token: 'new' };
    clock.advance(60_000);
    expect(await token()).toBe('Bearer new');
    expect(reads).toHaveLength(2);
  });

  test.each<[string, Record<string, string> | undefined, 'bearer' | 'basic' | 'none', string]>([
    ['the Secret does not exist', undefined, 'bearer', 'does not exist'],
    ['the token is missing', { username: SECRET }, 'bearer', 'the key token is missing'],
    ['the token is empty', { token: '' }, 'bearer', 'the key token has no usable value'],
    ['the token has a newline', { token: `${SECRET}\nX-Evil: 1` }, 'bearer', 'the key token'],
    ['the token has a blank', { token: `${SECRET} x` }, 'bearer', 'the key token'],
    ['the user is missing', { password: SECRET }, 'basic', 'the key username is missing'],
    ['the user has a colon', { username: 'a:b', password: SECRET }, 'basic', 'the key username'],
    ['the password is missing', { username: 'svc' }, 'basic', 'the key password is missing'],
    [
      'the password has a newline',
      { username: 'svc', password: `${SECRET}\nx` },
      'basic',
      'the key password',
    ],
    ['the CA is not a certificate', { 'ca.crt': SECRET }, 'none', 'the key ca.crt'],
  ])('is not made if %s, and the message says so without the value', async (_what, values, type, message) => {
    if (values !== undefined) secrets.mlflow = values;
    const { authorization, reading } = await authorizationOf({ type, secret: 'mlflow' });
    expect(authorization).toBeUndefined();
    expect(reading).toMatchObject({ kind: 'notAllowed', reason: 'CredentialsMissing' });
    expect(reading).toMatchObject({ message: expect.stringContaining(message) });
    expect(reading).toMatchObject({ message: expect.stringContaining('Secret mlflow') });
    expect(JSON.stringify(reading)).not.toContain(SECRET);
  });

  test('is not made if the operator may not read the Secret, and is made once it may', async () => {
    secrets.mlflow = { token: SECRET };
    denied = true;
    const read = async () => (await authorizationOf({ type: 'bearer', secret: 'mlflow' })).reading;
    const reading = await read();
    expect(reading).toMatchObject({ kind: 'notAllowed', message: expect.stringContaining('Role') });
    expect(JSON.stringify(reading)).not.toContain(SECRET);
    denied = false;
    for (let call = 0; call < 5; call++) await read();
    expect(reads).toHaveLength(1);
    clock.advance(5_000);
    expect(await read()).toMatchObject({ kind: 'version' });
  });

  describe.each<[string, () => void, string]>([
    ['may not be read', () => (denied = true), 'add its name to the Role rollout'],
    ['was deleted', () => delete secrets.mlflow, 'does not exist'],
    ['cannot be read', () => (failing = true), 'Unreachable'],
  ])('with a Secret that %s any more', (_what, spoil, words) => {
    const call = () => authorizationOf({ type: 'bearer', secret: 'mlflow' });

    beforeEach(async () => {
      secrets.mlflow = { token: SECRET };
      await call();
      expect(reader.troubleOf('mlflow')).toBeUndefined();
      spoil();
    });

    test('has the last known token, and the trouble is told without it', async () => {
      for (let hour = 0; hour < 23; hour++) {
        clock.advance(3_600_000);
        expect((await call()).authorization).toBe(`Bearer ${SECRET}`);
        expect(reader.troubleOf('mlflow')).toContain(words);
        expect(reader.troubleOf('mlflow')).toContain('last known');
        expect(reader.troubleOf('mlflow')).not.toContain(SECRET);
      }
    });

    test('is not made after a day without the Secret', async () => {
      clock.advance(86_400_000);
      expect((await call()).reading).toMatchObject({ kind: 'notAllowed', reason: 'CredentialsMissing' });
      expect(reader.troubleOf('mlflow')).toBeUndefined();
    });

    test('has the new token within 5 s after the Secret can be read again', async () => {
      clock.advance(60_000);
      await call();
      [denied, failing] = [false, false];
      secrets.mlflow = { token: 'new' };
      clock.advance(5_000);
      expect((await call()).authorization).toBe('Bearer new');
      expect(reader.troubleOf('mlflow')).toBeUndefined();
    });
  });

  test('never shows a token, whatever characters it has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 12, unit: 'binary' }), async (token) => {
        secrets = { [`s${reads.length}`]: { token } };
        const of = credentials.of({ type: 'bearer', secret: `s${reads.length}` });
        const message = await of.then(
          () => '',
          (error: Error) => error.message,
        );
        expect(message).not.toContain(token);
      }),
    );
  });
});

const openssl = spawnSync('openssl', ['version']).status === 0;

(openssl ? describe : describe.skip)('a server with a certificate of a private CA', () => {
  test('is trusted if the Secret has the CA, and else not', async () => {
    const directory = mkdtempSync(`${tmpdir()}/certificate-`);
    const [key, cert] = [`${directory}/tls.key`, `${directory}/tls.crt`];
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=mlflow'];
    spawnSync('openssl', [...made, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert]);
    const pem = readFileSync(cert, 'utf8');
    const server = createServer({ key: readFileSync(key), cert: pem }, (_request, response) => {
      response.end(JSON.stringify({ registered_model: { aliases: [{ alias: 'a', version: '1' }] } }));
    });
    try {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      secrets.mlflow = { 'ca.crt': pem };
      const trusting = { url, credentials: { type: 'none' as const, secret: 'mlflow' } };
      expect(await registry.readAlias(trusting, 'm', 'a')).toMatchObject({ kind: 'version' });
      expect(await registry.readAlias({ url }, 'm', 'a')).toMatchObject({ kind: 'unreachable' });
    } finally {
      server.closeAllConnections();
      server.close();
      rmSync(directory, { recursive: true });
    }
  });
});
