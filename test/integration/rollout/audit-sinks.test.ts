import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditSinks } from '../../../operators/rollout/record/audit-sinks.ts';
import { emulatorCredentials } from '../../../scripts/stack/kinesis-endpoint.ts';
import { ensureStream } from '../../../scripts/stack/streams.ts';
import { type AuditRecord, auditRecordSchema } from '../../../services/shared/agreements/audit-record.ts';
import { AwsEmulator } from '../../support/aws/aws-emulator.ts';
import { AWS_TOOLS_MILLISECONDS } from '../../support/aws/aws-tools.ts';

const BUCKET = 'loan-eligibility-audit';
const STREAM = 'loan-audit';
const REGION = 'eu-west-1';
const { signal } = new AbortController();
const directory = mkdtempSync(join(tmpdir(), 'audit-'));
let emulator: AwsEmulator;
let s3: S3Client;
let kinesis: KinesisClient;

beforeAll(async () => {
  // The sinks find their credentials as they do in a pod.
  Object.assign(process.env, emulatorCredentials);
  emulator = await AwsEmulator.moto({ directory, account: '210987654321', region: REGION });
  s3 = new S3Client({ ...emulator.clientSettings, forcePathStyle: true });
  kinesis = new KinesisClient(emulator.clientSettings);
  const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
  await s3.send(
    new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration, ObjectLockEnabledForBucket: true }),
  );
  const Rule = { DefaultRetention: { Mode: 'COMPLIANCE', Days: 365 } } as const;
  await s3.send(
    new PutObjectLockConfigurationCommand({
      Bucket: BUCKET,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule },
    }),
  );
  await ensureStream(kinesis, STREAM, 1);
}, AWS_TOOLS_MILLISECONDS);

afterAll(async () => {
  s3?.destroy();
  kinesis?.destroy();
  await emulator?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

function record(sequence: number): AuditRecord {
  return {
    kind: 'transition',
    schemaVersion: 1,
    namespace: 'loan-eligibility',
    name: 'loan-eligibility',
    uid: 'f3d1',
    model: 'loan-eligibility',
    sequence,
    at: `2026-01-01T00:00:0${sequence}.000Z`,
    reason: 'WeightRaised',
    message: `transition ${sequence}`,
    phase: 'Canary',
  };
}

test('the bucket keeps each record once, under its Object Lock, and the stream has all in order', async () => {
  const settings = { AUDIT_BUCKET: BUCKET, AUDIT_STREAM: STREAM, AWS_REGION: REGION };
  const log: AuditRecord[] = [];
  const sinks = auditSinks(
    { ...settings, KINESIS_ENDPOINT: emulator.url, S3_ENDPOINT: emulator.url },
    { name: 'log', write: async (written) => void log.push(written) },
  );
  for (const sink of sinks) {
    for (const sequence of [1, 2, 2, 3]) await sink.write(record(sequence), signal);
    sink.close?.();
  }
  expect(log).toHaveLength(4);

  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  const keys = Contents.map(({ Key }) => Key);
  expect(keys).toEqual(
    [1, 2, 3].map(
      (sequence) =>
        `rollout/loan-eligibility/loan-eligibility/f3d1/000000000${sequence}-2026-01-01T00:00:0${sequence}.000Z.json`,
    ),
  );
  const stored = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: keys[0] }));
  expect(auditRecordSchema.parse(JSON.parse((await stored.Body?.transformToString()) ?? ''))).toEqual(
    record(1),
  );
  expect(stored.ObjectLockMode).toBe('COMPLIANCE');
  const { VersionId } = stored;
  const destroy = new DeleteObjectCommand({ Bucket: BUCKET, Key: keys[0], VersionId });
  await expect(s3.send(destroy)).rejects.toThrow(/Access Denied/);

  const { ShardIterator } = await kinesis.send(
    new GetShardIteratorCommand({
      StreamName: STREAM,
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  );
  const { Records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
  expect(Records.map(({ Data }) => JSON.parse(Buffer.from(Data ?? []).toString()).sequence)).toEqual([
    1, 2, 2, 3,
  ]);
  expect(new Set(Records.map(({ PartitionKey }) => PartitionKey))).toEqual(new Set(['f3d1']));
});

test('a sink that is away fails within its time, and says so', async () => {
  const [, bucket] = auditSinks(
    {
      AUDIT_BUCKET: BUCKET,
      AUDIT_STREAM: undefined,
      AWS_REGION: REGION,
      KINESIS_ENDPOINT: undefined,
      S3_ENDPOINT: 'http://127.0.0.1:1',
    },
    { name: 'log', write: async () => {} },
  );
  await expect(bucket?.write(record(1), signal)).rejects.toThrow(/ECONNREFUSED/);
  bucket?.close?.();
});
