import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { credentialsFor } from '../../../../services/inference/registry-credentials.ts';
import { CredentialsDirectory } from '../../../../services/shared/credentials/credentials-directory.ts';
import { ModelRegistry } from '../../../../services/shared/mlflow/model-registry.ts';
import { httpServer } from '../../../support/http-server.ts';

const SECRET = 's3cret-value';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(`${tmpdir()}/credentials-`);
});

afterEach(() => rmSync(directory, { recursive: true }));

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(`${directory}/${name}`, content);
}

const headers = () => new CredentialsDirectory(directory).authorise().headers;

describe('a directory with credentials', () => {
  test.each([
    ['a token', { token: `${SECRET}\n` }, `Bearer ${SECRET}`],
    ['a user and a password', { username: 'me\n', password: 'p:w\n' }, `Basic ${btoa('me:p:w')}`],
    ['a token and a user', { token: SECRET, username: 'me', password: 'pw' }, `Bearer ${SECRET}`],
  ])('gives the header for %s', (_what, files, authorization) => {
    put(files);
    expect(headers()).toEqual({ authorization });
  });

  test.each([
    ['nothing', {}, 'neither token'],
    ['a user without a password', { username: SECRET }, 'the key password is missing'],
    ['a password without a user', { password: SECRET }, 'the key username is missing'],
    ['an empty token', { token: '' }, 'the key token has no usable value'],
    ['a token of two lines', { token: `${SECRET}\n${SECRET}` }, 'the key token has no usable value'],
    ['a CA that is no certificate', { 'ca.crt': SECRET }, 'the key ca.crt has no certificate'],
  ])('with %s is not usable, and no value is shown', (_what, files: Record<string, string>, message) => {
    put(files);
    expect(headers).toThrow(message);
    expect(headers).not.toThrow(SECRET);
  });

  test('with a file that cannot be read is not usable', () => {
    mkdirSync(`${directory}/token`);
    expect(headers).toThrow(/file token .* EISDIR/);
  });
});

describe('the credentials of an inference pod', () => {
  test('go to MLflow with each request, and follow a rotation', async () => {
    const seen: (string | undefined)[] = [];
    await using server = await httpServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{"registered_model":{}}');
    });
    const settings = { MLFLOW_TRACKING_URI: server.url, MLFLOW_CREDENTIALS_DIRECTORY: directory };
    const registry = new ModelRegistry({ url: server.url, ...credentialsFor(server.url, settings) });
    for (const token of ['old', 'new']) {
      put({ token });
      await registry.resolveAlias('m', 'champion');
    }
    expect(seen).toEqual(['Bearer old', 'Bearer new']);
    put({ token: '' });
    await expect(registry.resolveAlias('m', 'champion')).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('the key token'),
    });
    expect(seen).toHaveLength(2);
  });

  test.each([
    ['http://mlflow:5000', true],
    ['http://mlflow:5000/prefix', true],
    ['http://mlflow:5001', false],
    ['https://mlflow:5000', false],
    ['http://another:5000', false],
    ['not a URL', false],
  ])('are for MLflow alone: %s gets them: %s', (url, given) => {
    const settings = { MLFLOW_TRACKING_URI: 'http://mlflow:5000', MLFLOW_CREDENTIALS_DIRECTORY: directory };
    expect('authorise' in credentialsFor(url, settings)).toBe(given);
    expect(credentialsFor(url, { MLFLOW_TRACKING_URI: url })).toEqual({});
    expect(credentialsFor(url, { MLFLOW_CREDENTIALS_DIRECTORY: directory })).toEqual({});
  });

  test('are for nobody if the URL of MLflow is not valid', () => {
    const settings = { MLFLOW_TRACKING_URI: 'not a URL', MLFLOW_CREDENTIALS_DIRECTORY: directory };
    expect(credentialsFor('not a URL', settings)).toEqual({});
  });
});
