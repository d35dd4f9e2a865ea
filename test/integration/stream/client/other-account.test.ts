import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emulatorCredentials } from '../../../../scripts/stack/kinesis-endpoint.ts';
import type { StreamClientOptions } from '../../../../services/stream/client/create-kinesis-client.ts';
import { LeanStreamClient } from '../../../../services/stream/client/lean-stream-client.ts';
import { SdkStreamClient } from '../../../../services/stream/client/sdk-stream-client.ts';
import type { StreamClient } from '../../../../services/stream/client/stream-client.ts';
import { KinesisFake } from '../../../support/kinesis-fake/kinesis-fake.ts';
import { textOf } from '../../../support/stream/echo-processor.ts';

const SHARD = 'shardId-000000000000';
const THEIRS = 'arn:aws:kinesis:us-east-1:444455556666:stream/in';
const { signal } = new AbortController();

const clients: Readonly<Record<string, (options: StreamClientOptions) => StreamClient>> = {
  'the SDK client': (options) => new SdkStreamClient(options),
  'the lean client': (options) => new LeanStreamClient(options),
};

let fake: KinesisFake;

beforeAll(async () => {
  fake = await KinesisFake.start();
  Object.assign(process.env, emulatorCredentials);
});
afterAll(async () => {
  await fake[Symbol.asyncDispose]();
  for (const key of Object.keys(emulatorCredentials)) delete process.env[key];
});

describe.each(Object.entries(clients))('a stream of another account, through %s', (_, create) => {
  let client: StreamClient;

  beforeAll(() => {
    fake.createStreams(1, 'in', THEIRS);
    client = create({
      region: 'us-east-1',
      endpoint: fake.url,
      connectTimeoutMilliseconds: 5_000,
      requestTimeoutMilliseconds: 20_000,
    });
  });
  afterAll(() => {
    client.close();
    for (const stream of ['in', THEIRS]) fake.deleteStream(stream);
  });

  test('is another stream than that of its name', async () => {
    await client.put(THEIRS, [{ partitionKey: 'key', data: Buffer.from('theirs') }], signal);
    await client.put('in', [{ partitionKey: 'key', data: Buffer.from('ours') }], signal);
    const texts = await Promise.all(
      [THEIRS, 'in'].map(async (stream) => {
        const iterator = await client.iterator(stream, SHARD, { type: 'TRIM_HORIZON' }, signal);
        const first = await client.read(stream, iterator, 10, signal);
        const second = await client.read(stream, first.nextIterator ?? '', 10, signal);
        return [...first.records, ...second.records].map(textOf);
      }),
    );
    expect(texts).toEqual([['theirs'], ['ours']]);
  });

  test('describes itself, and lists more shards than a page holds', async () => {
    fake.deleteStream(THEIRS);
    fake.createStreams(1_001, THEIRS);
    expect((await client.describe(THEIRS, signal)).arn).toBe(THEIRS);
    expect(await client.listShards(THEIRS, signal)).toHaveLength(1_001);
    expect(await client.listShards('in', signal)).toHaveLength(1);
  });
});

test('the fake refuses a token of another account without its ARN, as Kinesis does', async () => {
  fake.createStreams(1, THEIRS);
  const client = new SdkStreamClient({
    region: 'us-east-1',
    endpoint: fake.url,
    connectTimeoutMilliseconds: 5_000,
    requestTimeoutMilliseconds: 20_000,
  });
  const iterator = await client.iterator(THEIRS, SHARD, { type: 'TRIM_HORIZON' }, signal);
  await expect(client.read('in', iterator, 10, signal)).rejects.toMatchObject({ kind: 'denied' });
  client.close();
});
