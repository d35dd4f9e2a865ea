import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  AllowedMetrics,
  withCredentials,
} from '../../../../operators/rollout/measurement/allowed-metrics.ts';
import { AuthorisedPost } from '../../../../operators/rollout/servers/authorised-post.ts';
import { AwsSigner } from '../../../../operators/rollout/servers/aws-signer.ts';
import { HostList } from '../../../../operators/rollout/servers/host-list.ts';
import { NotAllowedError } from '../../../../operators/rollout/servers/not-allowed-error.ts';
import { ServerCredentials } from '../../../../operators/rollout/servers/server-credentials.ts';
import type { CredentialValues } from '../../../../services/shared/credentials/credential-values.ts';
import { PrivateAuthorities } from '../../../../services/shared/credentials/private-authorities.ts';
import type { CredentialsReference } from '../../../../services/shared/model-deployment/credentials.ts';
import { httpServer } from '../../../support/http-server.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const PROMQL = 'sum(up{a="b"}) / 2';
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-key', sessionToken: 'session' };

let secrets: Record<string, CredentialValues>;
let clock: ManualClock;
let aws: () => Promise<typeof KEYS>;
let metrics: AllowedMetrics;

beforeEach(() => {
  secrets = {};
  clock = new ManualClock();
  aws = async () => KEYS;
  const read = async (name: string) => {
    const values = secrets[name];
    if (values === undefined) throw new NotAllowedError(`no Secret ${name}`, 'CredentialsMissing');
    return values;
  };
  const hosts = new HostList({
    setting: 'PROMETHEUS_HOSTS',
    field: 'spec.analysis.prometheus',
    allowed: [{ host: '127.0.0.1', port: undefined }],
  });
  const post = new AuthorisedPost(
    new ServerCredentials({ read }, new PrivateAuthorities()),
    new AwsSigner(clock, async () => () => aws()),
  );
  metrics = new AllowedMetrics(hosts, post);
});

interface Asked {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What Prometheus gets, after its answer. */
async function ask(credentials: CredentialsReference | undefined): Promise<Asked | undefined> {
  let asked: Asked | undefined;
  await using server = await httpServer(async (request, response) => {
    asked = { path: request.url, headers: request.headers, body: await text(request) };
    response.end('{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}');
  });
  const samples = await withCredentials(metrics, credentials).query(`${server.url}/workspaces/ws-1`, PROMQL);
  expect(samples).toEqual([{ labels: {}, value: 2 }]);
  return asked;
}

describe('a query', () => {
  test.each<[string, CredentialsReference | undefined, string | undefined]>([
    ['no credentials', undefined, undefined],
    ['no credentials, but a private CA', { type: 'none', secret: 'empty' }, undefined],
    ['a token', { type: 'bearer', secret: 'p' }, 'Bearer t0ken'],
    [
      'user and password',
      { type: 'basic', secret: 'p' },
      `Basic ${Buffer.from('me:pass').toString('base64')}`,
    ],
  ])('has %s', async (_what, credentials, authorization) => {
    secrets = { p: { token: 't0ken\n', username: 'me', password: 'pass' }, empty: {} };
    const asked = await ask(credentials);
    expect(asked?.headers.authorization).toBe(authorization);
    expect(asked?.path).toBe('/workspaces/ws-1/api/v1/query');
    expect(new URLSearchParams(asked?.body).get('query')).toBe(PROMQL);
    expect(asked?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
  });

  test('is signed for Amazon Managed Service for Prometheus', async () => {
    const asked = await ask({ type: 'sigv4', region: 'eu-west-1' });
    const authorization = asked?.headers.authorization ?? '';
    expect(authorization).toContain('/eu-west-1/aps/aws4_request');
    expect(authorization).toContain('Credential=AKIDEXAMPLE/');
    expect(asked?.headers['x-amz-security-token']).toBe('session');
    expect(asked && signatureOf(asked)).toBe(authorization.split('Signature=')[1]);
  });

  test('is signed with the credentials and the time of the moment', async () => {
    await ask({ type: 'sigv4', region: 'eu-west-1' });
    clock.advance(3_600_000);
    aws = async () => ({ ...KEYS, accessKeyId: 'AKIDROTATED' });
    const asked = await ask({ type: 'sigv4', region: 'eu-west-1' });
    expect(asked?.headers.authorization).toContain('Credential=AKIDROTATED/');
    const now = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
    expect(asked?.headers['x-amz-date']).toBe(now);
  });

  test.each<[string, CredentialsReference]>([
    ['the Secret is missing', { type: 'bearer', secret: 'missing' }],
    ['the key is missing', { type: 'bearer', secret: 'empty' }],
    ['there are no AWS credentials', { type: 'sigv4', region: 'eu-west-1' }],
  ])('is not sent if %s', async (_what, credentials) => {
    secrets = { empty: {} };
    aws = async () => {
      throw new Error('the token of the chain is s3cret');
    };
    await expect(ask(credentials)).rejects.toMatchObject({
      kind: 'notAllowed',
      reason: 'CredentialsMissing',
      message: expect.not.stringContaining('s3cret'),
    });
  });

  test('is not sent to a server that the settings do not list, and no Secret is read', async () => {
    const query = withCredentials(metrics, { type: 'bearer', secret: 'missing' });
    await expect(query.query('http://evil:9090', PROMQL)).rejects.toMatchObject({
      kind: 'notAllowed',
      reason: undefined,
      message: expect.stringContaining('evil:9090'),
    });
  });

  test('with credentials follows no redirect, which would carry them on', async () => {
    secrets = { p: { token: 't0ken' } };
    let redirected = 0;
    await using elsewhere = await httpServer((_request, response) => {
      redirected++;
      response.end();
    });
    await using server = await httpServer((_request, response) => {
      response.writeHead(307, { location: elsewhere.url }).end();
    });
    const source = withCredentials(metrics, { type: 'bearer', secret: 'p' });
    await expect(source.query(server.url, PROMQL)).rejects.toMatchObject({ kind: 'unreachable' });
    expect(redirected).toBe(0);
  });
});

/** The signature that AWS computes from a request, by the rules of Signature Version 4. */
function signatureOf({ path, headers, body }: Asked): string {
  const signed = /SignedHeaders=(?<names>[^,]+)/.exec(headers.authorization ?? '')?.groups?.names ?? '';
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const request = ['POST', path, '', lines.join(''), signed, sha256(body)].join('\n');
  const time = String(headers['x-amz-date']);
  const scope = `${time.slice(0, 8)}/eu-west-1/aps/aws4_request`;
  const parts = scope.split('/');
  const key = parts.reduce<Buffer>(
    (last, part) => hmac(last, part),
    Buffer.from(`AWS4${KEYS.secretAccessKey}`),
  );
  return hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n')).toString('hex');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
