import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KinesisEndpoints } from '../../../../services/stream/client/kinesis-endpoints.ts';

const VARIABLES = [
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_KINESIS',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_PROFILE',
  'AWS_CONFIG_FILE',
];
const before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(`${tmpdir()}/endpoints-`);
  for (const name of VARIABLES) delete process.env[name];
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' });
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
  for (const name of VARIABLES) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

/** The host and path to which the SDK itself sends a call. Nothing is sent. */
async function sentBySdk(client: KinesisClient): Promise<string> {
  let sent = '';
  client.middlewareStack.add(
    () =>
      async ({ request }) => {
        const { protocol, hostname, path, port } = request as Record<string, string>;
        sent = new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}${path}`).href;
        throw new Error('not sent');
      },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await client.send(new ListShardsCommand({ StreamName: 'in' })).catch(() => {});
  return sent;
}

describe('the endpoint of reads and writes is the endpoint of the SDK', () => {
  test.each<[string, Record<string, string>, Record<string, string>, string]>([
    ['by default', {}, {}, 'https://kinesis.eu-central-1.amazonaws.com/'],
    ['FIPS', { AWS_USE_FIPS_ENDPOINT: 'true' }, {}, 'https://kinesis-fips.eu-central-1.amazonaws.com/'],
    ['dual-stack', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, {}, 'https://kinesis.eu-central-1.api.aws/'],
    ['any service', { AWS_ENDPOINT_URL: 'http://emulator:4566' }, {}, 'http://emulator:4566/'],
    [
      'a VPC endpoint',
      { AWS_ENDPOINT_URL_KINESIS: 'https://vpce-1.kinesis.vpce.amazonaws.com', AWS_ENDPOINT_URL: 'http://x' },
      {},
      'https://vpce-1.kinesis.vpce.amazonaws.com/',
    ],
    [
      'configured endpoints are ignored',
      { AWS_ENDPOINT_URL: 'http://emulator', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      {},
      'https://kinesis.eu-central-1.amazonaws.com/',
    ],
    ['a path', {}, { endpoint: 'http://gateway/kinesis' }, 'http://gateway/kinesis/'],
    ['China', {}, { region: 'cn-north-1' }, 'https://kinesis.cn-north-1.amazonaws.com.cn/'],
    ['GovCloud', {}, { region: 'us-gov-west-1' }, 'https://kinesis.us-gov-west-1.amazonaws.com/'],
    ['isolated', {}, { region: 'us-iso-east-1' }, 'https://kinesis.us-iso-east-1.c2s.ic.gov/'],
  ])('%s', async (_, environment, options, expected) => {
    Object.assign(process.env, environment);
    const client = new KinesisClient({ region: 'eu-central-1', ...options });
    const endpoints = new KinesisEndpoints(client);
    expect((await endpoints.of('GetRecords')).href).toBe(expected);
    expect((await endpoints.of('PutRecords')).href).toBe(expected);
    expect(await sentBySdk(client)).toBe(expected);
  });

  test('of a profile in the shared configuration', async () => {
    const keys = 'aws_access_key_id = key\naws_secret_access_key = secret';
    writeFileSync(`${directory}/config`, `[profile lender]\nuse_fips_endpoint = true\n${keys}\n`);
    delete process.env.AWS_ACCESS_KEY_ID;
    Object.assign(process.env, { AWS_CONFIG_FILE: `${directory}/config`, AWS_PROFILE: 'lender' });
    const client = new KinesisClient({ region: 'us-east-2' });
    const { href } = await new KinesisEndpoints(client).of('GetRecords');
    expect(href).toBe('https://kinesis-fips.us-east-2.amazonaws.com/');
  });

  test('of the account that an ARN names', async () => {
    const arn = 'arn:aws:kinesis:us-east-1:123456789012:stream/in';
    const endpoints = new KinesisEndpoints(new KinesisClient({ region: 'us-east-1' }));
    expect((await endpoints.of('PutRecords', arn)).host).toBe(
      '123456789012.data-kinesis.us-east-1.amazonaws.com',
    );
  });

  test('settings that contradict each other are an error, and are not remembered', async () => {
    Object.assign(process.env, {
      AWS_USE_FIPS_ENDPOINT: 'true',
      AWS_ENDPOINT_URL: 'http://emulator',
    });
    const endpoints = new KinesisEndpoints(new KinesisClient({ region: 'us-east-1' }));
    await expect(endpoints.of('GetRecords')).rejects.toThrow('FIPS and custom endpoint');
    await expect(endpoints.of('GetRecords')).rejects.toThrow('FIPS and custom endpoint');
  });
});
