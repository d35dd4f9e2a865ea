import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AwsCredentials } from '../../../../services/stream/client/aws-credentials.ts';
import { LeanStreamClient } from '../../../../services/stream/client/lean-stream-client.ts';
import { SdkStreamClient } from '../../../../services/stream/client/sdk-stream-client.ts';
import { PodIdentityAgent } from '../../../support/aws/pod-identity-agent.ts';
import { httpServer } from '../../../support/http-server.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const { signal } = new AbortController();
const clients = { lean: LeanStreamClient, sdk: SdkStreamClient } as const;
const MINUTE = 60_000;
const environment = { ...process.env };
let agent: PodIdentityAgent;

beforeEach(async () => {
  agent = await PodIdentityAgent.start();
  for (const [name, value] of Object.entries(agent.variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});
afterEach(async () => {
  process.env = { ...environment };
  await agent[Symbol.asyncDispose]();
});

describe.each(['lean', 'sdk'] as const)('under EKS Pod Identity, the %s client', (kind) => {
  test('signs with the credentials of the agent, and renews them by the newest token of the pod', async () => {
    const tokens: string[] = [];
    await using kinesis = await httpServer((request, response) => {
      tokens.push(String(request.headers['x-amz-security-token']));
      request.resume().on('end', () => {
        response.setHeader('content-type', 'application/x-amz-json-1.1');
        response.end('{"Records":[],"NextShardIterator":"next","MillisBehindLatest":0}');
      });
    });
    const clock = new ManualClock();
    const client = new clients[kind]({
      region: 'us-east-1',
      endpoint: kinesis.url,
      connectTimeoutMilliseconds: 1_000,
      requestTimeoutMilliseconds: 1_000,
      credentials: new AwsCredentials({ clock }),
    });
    agent.rotate('pod-token-1', 'session-1');
    agent.expiresAt = clock.now() + 60 * MINUTE;

    await client.read('in', 'iterator', 1, signal);
    agent.rotate('pod-token-2', 'session-2');
    await client.read('in', 'iterator', 1, signal);
    await clock.advance(56 * MINUTE);
    agent.expiresAt = clock.now() + 60 * MINUTE;
    await client.read('in', 'iterator', 1, signal);
    client.close();

    expect(tokens).toEqual(['session-1', 'session-1', 'session-2']);
    expect(agent.refused).toBe(0);
  });
});
