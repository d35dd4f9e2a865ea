import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../../services/shared/clock.ts';
import { AwsCredentials } from '../../../../services/stream/client/aws-credentials.ts';
import { LeanStreamClient } from '../../../../services/stream/client/lean-stream-client.ts';
import { SdkStreamClient } from '../../../../services/stream/client/sdk-stream-client.ts';
import type { StreamClient } from '../../../../services/stream/client/stream-client.ts';
import { hasOpenssl, selfSignedCertificate } from '../../../bench/self-signed-certificate.ts';

const { signal } = new AbortController();
const READ = { Records: [], NextShardIterator: 'next', MillisBehindLatest: 0 };
const clients = { lean: LeanStreamClient, sdk: SdkStreamClient } as const;
let server: Server;
let answer: (response: ServerResponse, token: string, path: string) => void;

beforeEach(async () => {
  server = createServer(async (request, response) => {
    for await (const _ of request);
    answer(response, String(request.headers['x-amz-security-token']), String(request.url));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function json(response: ServerResponse, status: number, body: unknown, date = new Date()): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    date: date.toUTCString(),
  });
  response.end(JSON.stringify(body));
}

function connect(
  kind: keyof typeof clients,
  tokens: () => string,
  path = '',
  to: NetServer = server,
): StreamClient {
  const read = async () => ({ accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: tokens() });
  return new clients[kind]({
    region: 'us-east-1',
    endpoint: `${to === server ? 'http' : 'https'}://127.0.0.1:${(to.address() as AddressInfo).port}${path}`,
    connectTimeoutMilliseconds: 1_000,
    requestTimeoutMilliseconds: 1_000,
    credentials: new AwsCredentials({ clock: systemClock, read }),
  });
}

describe.each(['lean', 'sdk'] as const)('the %s client', (kind) => {
  test('reads credentials anew that AWS refuses, and tries once more', async () => {
    let stored = 'A';
    const client = connect(kind, () => stored);
    answer = (response) => json(response, 200, READ);
    await client.read('in', 'iterator', 1, signal);
    // The client reads credentials anew at most once a second.
    await systemClock.sleep(1_100);
    stored = 'B';
    answer = (response, token) =>
      token === 'B' ? json(response, 200, READ) : json(response, 400, { __type: 'ExpiredTokenException' });
    expect(await client.read('in', 'iterator', 1, signal)).toMatchObject({ nextIterator: 'next' });
    client.close();
  });

  test('does not try again if there are no other credentials', async () => {
    let calls = 0;
    answer = (response) => {
      calls++;
      json(response, 400, { __type: 'ExpiredTokenException', message: 'expired' });
    };
    const client = connect(kind, () => 'A');
    await expect(client.read('in', 'iterator', 1, signal)).rejects.toMatchObject({ kind: 'denied' });
    expect(calls).toBe(1);
    client.close();
  });

  test('knows the time of the service from its answers, also from refusals', async () => {
    const future = new Date(Date.UTC(2031, 0, 1));
    const client = connect(kind, () => 'A');
    answer = (response) => json(response, 400, { __type: 'AccessDeniedException' }, future);
    await expect(client.read('in', 'iterator', 1, signal)).rejects.toMatchObject({ kind: 'denied' });
    expect(Math.abs(client.nowMilliseconds() - future.getTime())).toBeLessThan(60_000);
    client.close();
  });

  test.each(['put', 'place'] as const)(
    '%s sends nothing if the lease is lost after the call',
    async (call) => {
      let requests = 0;
      answer = (response) => {
        requests++;
        json(response, 200, { FailedRecordCount: 0, Records: [{ SequenceNumber: '1', ShardId: 'shard-0' }] });
      };
      const client = connect(kind, () => 'A');
      const entries = [{ partitionKey: 'k', data: Buffer.from('x') }];
      let isHeld = true;
      const assertHeld = () => {
        if (!isHeld) throw new Error('lease lost');
      };
      await client[call]('out', entries, signal, assertHeld);
      const put = client[call]('out', entries, signal, assertHeld);
      // A record of another shard holds the event loop from here until the lease is lost.
      isHeld = false;
      await expect(put).rejects.toThrow('lease lost');
      expect(requests).toBe(1);
      client.close();
    },
  );

  test('keeps the path of an endpoint', async () => {
    const paths: string[] = [];
    answer = (response, _, path) => {
      paths.push(path);
      json(response, 200, READ);
    };
    const client = connect(kind, () => 'A', '/kinesis');
    await client.read('in', 'iterator', 1, signal);
    expect(paths).toEqual(['/kinesis/']);
    client.close();
  });
});

test('the lean client sends nothing if the lease is lost while the request waits for a connection', async () => {
  let requests = 0;
  answer = (response) => {
    requests++;
    json(response, 200, { FailedRecordCount: 0, Records: [{ SequenceNumber: '1', ShardId: 'shard-0' }] });
  };
  const client = connect('lean', () => 'A');
  let isHeld = true;
  // The server has accepted the connection. The client has not noticed it yet.
  server.once('connection', () => {
    isHeld = false;
  });
  const put = client.put('out', [{ partitionKey: 'k', data: Buffer.from('x') }], signal, () => {
    if (!isHeld) throw new Error('lease lost');
  });
  await expect(put).rejects.toThrow('lease lost');
  expect(requests).toBe(0);
  isHeld = true;
  await client.put('out', [{ partitionKey: 'k', data: Buffer.from('x') }], signal);
  expect(requests).toBe(1);
  client.close();
});

test.each([
  '{"FailedRecordCount":0}',
  '{"FailedRecordCount":0,"Records":[]}',
  '{"FailedRecordCount":0,"Records":[{"ErrorCode":"InternalFailure","ErrorMessage":"x"}]}',
  '{"FailedRecordCount":0,"Records":[{"SequenceNumber":"","ShardId":"s"}]}',
  '<html>"FailedRecordCount":0</html>',
])('the lean client does not take %s for a receipt', async (body) => {
  const client = connect('lean', () => 'A');
  answer = (response) => {
    response.writeHead(200);
    response.end(body);
  };
  const outcome = await client
    .put('out', [{ partitionKey: 'k', data: Buffer.from('x') }], signal)
    .catch((error: unknown) => [error]);
  expect(outcome).toEqual([expect.anything()]);
  client.close();
});

test('the lean client ends a call whose answer drips for longer than the time-out', async () => {
  const client = connect('lean', () => 'A');
  answer = (response) => {
    response.writeHead(200, { 'content-length': '1000' });
    const drip = setInterval(() => response.write(' '), 100);
    response.once('close', () => clearInterval(drip));
  };
  await expect(client.read('in', 'iterator', 1, signal)).rejects.toThrow('not complete after 1000 ms');
  client.close();
});

test('the lean client ends a call that only gets interim answers for longer than the time-out', async () => {
  const client = connect('lean', () => 'A');
  answer = (response) => {
    const drip = setInterval(() => response.writeEarlyHints({ link: '</a>; rel=preload' }), 100);
    response.once('close', () => clearInterval(drip));
  };
  await expect(client.read('in', 'iterator', 1, AbortSignal.timeout(4_000))).rejects.toThrow(
    'not complete after 1000 ms',
  );
  client.close();
});

test('the lean client ends a call whose answer is larger than any answer of Kinesis', async () => {
  const client = connect('lean', () => 'A');
  answer = (response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(1024 * 1024, 0x20);
    const more = () => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  };
  await expect(client.read('in', 'iterator', 1, signal)).rejects.toThrow('larger than');
  client.close();
});

(hasOpenssl() ? test : test.skip)(
  'the lean client speaks HTTP/1.1 with a server that also speaks HTTP/2',
  async () => {
    const directory = mkdtempSync(`${tmpdir()}/kinesis-http-`);
    const files = selfSignedCertificate(directory);
    const cert = readFileSync(files.certificate, 'utf8');
    const before = getCACertificates();
    setDefaultCACertificates([...before, cert]);
    const versions: string[] = [];
    const secure = createSecureServer(
      { key: readFileSync(files.key), cert, allowHTTP1: true },
      (request, response) => {
        versions.push(request.httpVersion);
        response.end(JSON.stringify(READ));
      },
    ).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const client = connect('lean', () => 'A', '', secure);
    try {
      await client.read('in', 'iterator', 1, signal);
      expect(versions).toEqual(['1.1']);
    } finally {
      client.close();
      secure.close();
      setDefaultCACertificates(before);
      rmSync(directory, { recursive: true });
    }
  },
);
