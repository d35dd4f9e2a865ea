import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type PutReceipt, putAll } from '../../../scripts/kinesis/put-all.ts';
import { StreamTail, type TailedRecord } from '../../../scripts/kinesis/stream-tail.ts';
import { startKinesalite } from '../../../scripts/stack/kinesalite.ts';
import {
  emulatorClient,
  emulatorCredentials,
  type KinesisEndpoint,
} from '../../../scripts/stack/kinesis-endpoint.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import { ensureStream } from '../../../scripts/stack/streams.ts';
import { STREAM_NAMES } from '../../../services/shared/agreements/stream-names.ts';
import { kplAggregate } from '../../support/stream/kpl-aggregate.ts';

let directory: string;
let kinesis: KinesisEndpoint;
let client: KinesisClient;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kinesis-scripts-'));
  kinesis = await startKinesalite({ directory });
  client = emulatorClient(kinesis.url);
  await Promise.all(Object.values(STREAM_NAMES).map((name) => ensureStream(client, name, 2)));
}, 60_000);

afterAll(async () => {
  client.destroy();
  await kinesis.stop();
  await rm(directory, { recursive: true });
});

interface Run {
  readonly code: number;
  readonly output: string;
}

function e2e(...args: string[]): Promise<Run> {
  return e2eWith(emulatorCredentials, ...args);
}

function e2eWith(credentials: Readonly<Record<string, string>>, ...args: string[]): Promise<Run> {
  return run('kinesis-e2e.ts', credentials, args);
}

function run(
  script: string,
  credentials: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<Run> {
  const file = `${repositoryRoot}/scripts/${script}`;
  const env = { ...process.env, ...credentials, KINESIS_ENDPOINT: kinesis.url };
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr }),
    );
  });
}

/** Answers each application on the input stream with what `answer` makes of its request id. */
async function answering(
  stream: string,
  answer: (requestId: string) => object,
  body: () => Promise<void>,
): Promise<void> {
  const tail = await StreamTail.open(client, STREAM_NAMES.input);
  const stop = new AbortController();
  const answers: Promise<unknown>[] = [];
  const reply = (record: TailedRecord): void => {
    const { request_id: requestId } = JSON.parse(new TextDecoder().decode(record.data));
    const data = Buffer.from(JSON.stringify(answer(requestId)));
    answers.push(putAll(client, stream, [{ partitionKey: requestId, data }]));
  };
  const following = tail.follow(reply, stop.signal);
  await body();
  stop.abort();
  await following;
  await Promise.all(answers);
}

describe('putAll and StreamTail', () => {
  test('what is put after a tail was opened is read, in order, with its receipt', async () => {
    const tail = await StreamTail.open(client, STREAM_NAMES.output);
    const entries = Array.from({ length: 1_100 }, (_, index) => ({
      partitionKey: 'one key',
      data: Buffer.from(String(index)),
    }));
    const receipts = await putAll(client, STREAM_NAMES.output, entries);
    const read: TailedRecord[] = [];
    const stop = new AbortController();
    await tail.follow((record) => {
      read.push(record);
      if (read.length === entries.length) stop.abort();
    }, stop.signal);
    expect(read.map((record) => new TextDecoder().decode(record.data))).toEqual(
      entries.map(({ data }) => String(data)),
    );
    expect(new Set(read.map((record) => record.sequenceNumber))).toEqual(
      new Set(receipts.map((receipt) => receipt.sequenceNumber)),
    );
  });

  test('records that were packed into one are read one by one, each under its own key', async () => {
    const tail = await StreamTail.open(client, STREAM_NAMES.output);
    const parts = ['a', 'b'].map((partitionKey) => ({
      partitionKey,
      data: Buffer.from(`of ${partitionKey}`),
    }));
    const entries = [
      { partitionKey: 'pack', data: kplAggregate(parts) },
      { partitionKey: 'pack', data: Buffer.from('plain') },
    ];
    const [receipt] = await putAll(client, STREAM_NAMES.output, entries);
    const read: TailedRecord[] = [];
    const stop = new AbortController();
    await tail.follow((record) => {
      read.push(record);
      if (record.data.length === 'plain'.length) stop.abort();
    }, stop.signal);
    const { shardId, sequenceNumber } = receipt as PutReceipt;
    const told = read.map(({ data, ...record }) => ({ ...record, text: new TextDecoder().decode(data) }));
    expect(told).toMatchObject([
      { shardId, sequenceNumber, subSequenceNumber: 0, partitionKey: 'a', text: 'of a' },
      { shardId, sequenceNumber, subSequenceNumber: 1, partitionKey: 'b', text: 'of b' },
      { shardId, subSequenceNumber: 0, partitionKey: 'pack', text: 'plain' },
    ]);
  });
});

describe('kinesis-e2e', () => {
  test('prints the decision that comes for its request id', async () => {
    const decide = (requestId: string) => ({
      model_version: '7',
      shard_id: 'shardId-000000000000',
      sequence_number: '42',
      prediction: { approved: true, request_id: requestId, probability: 0.875, reasons: [] },
    });
    await answering(STREAM_NAMES.output, decide, async () => {
      const { code, output } = await e2e();
      expect(output).toMatch(
        /approved=true {2}probability=0\.875 {2}version=7 {2}shardId-000000000000 42 {2}\d+ ms/,
      );
      expect(code).toBe(0);
    });
  }, 30_000);

  test('a rejection is an answer', async () => {
    const file = join(directory, 'bad.jsonl');
    await writeFile(file, '{"input": {}, "request_id": "bad-1"}\n');
    const reject = (requestId: string) => ({
      request_id: requestId,
      error: { code: 'missing_field', message: 'ApplicantIncome is missing' },
    });
    await answering(STREAM_NAMES.rejects, reject, async () => {
      const { code, output } = await e2e('--file', file);
      expect(output).toContain('bad-1  dead-lettered  missing_field: ApplicantIncome is missing');
      expect(code).toBe(0);
    });
  }, 30_000);

  test('exits with 1 and says what to look at when no answer comes', async () => {
    const { code, output } = await e2e('--timeout', '1');
    expect(output).toMatch(/no answer within 1 s for 1 of 1: .*\nIs the inference service running/);
    expect(code).toBe(1);
  }, 30_000);

  test('an invalid line is named with its file, its number and its text', async () => {
    const file = join(directory, 'line.jsonl');
    await writeFile(file, '{"input": {}}\nnot json\n');
    const { code, output } = await e2e('--file', file);
    expect(output).toContain(`${file} line 2 is not json: it must be a JSON object`);
    expect(code).toBe(1);
  }, 30_000);

  test('an emulator on this machine needs no credentials', async () => {
    const { output } = await e2eWith({}, '--timeout', '1');
    expect(output).toContain('no answer within 1 s');
  }, 30_000);

  test.each([
    [['--file', '/nowhere'], /ENOENT.*\/nowhere/],
    [['--timeout', 'soon'], /--timeout soon: must be a number/],
    [['--input', 'no-such-stream', '--timeout', '5'], /no-such-stream/],
    [['--input', STREAM_NAMES.rejects], /REJECT_STREAM: loan-rejects is also INPUT_STREAM/],
  ])(
    'refuses %j with the reason',
    async (args, message) => {
      const { code, output } = await e2e(...args);
      expect(output).toMatch(message);
      expect(code).toBe(1);
    },
    30_000,
  );
});

describe('streams', () => {
  test.each([
    [['one:1', 'two:1', 'one:2'], /one is given twice/],
    [['arn:aws:kinesis:us-east-1:111122223333:stream/in:1'], /its owner creates it/],
    [['in:none'], /in:none: must be <stream>:<shards>/],
    [['in:1:2'], /in:1:2: must be <stream>:<shards>/],
    [['a name:1'], /a name:1: must be <stream>:<shards>/],
  ])(
    'refuses %j before it creates any',
    async (args, message) => {
      const { code, output } = await run('install/streams.ts', emulatorCredentials, args);
      expect(output).toMatch(message);
      expect(output).not.toContain(': created with');
      expect(code).toBe(1);
    },
    30_000,
  );
});
