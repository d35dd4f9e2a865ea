import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { databaseSecretName } from '../../../infrastructure/names.ts';
import { auditSinks } from '../../../operators/rollout/record/audit-sinks.ts';
import { AuthorisedPost } from '../../../operators/rollout/servers/authorised-post.ts';
import { AwsSigner } from '../../../operators/rollout/servers/aws-signer.ts';
import { startMlflow } from '../../../scripts/stack/mlflow.ts';
import type { AuditRecord } from '../../../services/shared/agreements/audit-record.ts';
import { STREAM_NAMES } from '../../../services/shared/agreements/stream-names.ts';
import { systemClock } from '../../../services/shared/clock.ts';
import { streamNameOf } from '../../../services/shared/stream-reference.ts';
import { consume, streamVariables } from '../../support/iam/calls/consumer-calls.ts';
import { MlflowArtifacts, type MlflowCalls } from '../../support/iam/calls/mlflow-calls.ts';
import { awsVariables, pythonCalls } from '../../support/iam/calls/python-calls.ts';
import { useStreamTool } from '../../support/iam/calls/stream-tool-calls.ts';
import type { EnforcingProxy } from '../../support/iam/enforcing-proxy.ts';
import { HOLDERS, type Holder, rightsOf, STREAM_TOOL } from '../../support/iam/holders.ts';
import {
  AUDIT_BUCKET,
  AUDIT_STREAM,
  BUCKET,
  EVERY_USE,
  JudgedAccount,
} from '../../support/iam/judged-account.ts';
import { smallerRights, tablePolicy } from '../../support/iam/table-policy.ts';
import { EXAMPLE_INPUT, loanArtifact } from '../../support/model/loan-model.ts';
import type { ToolRun } from '../../support/played-terminal.ts';
import { ConsumerWorld } from '../../support/stream/consumer-world.ts';
import { S3Emulator } from '../../support/stream/s3-emulator.ts';

const START_MILLISECONDS = 240_000;
const AUDIT_RECORD: AuditRecord = {
  kind: 'transition',
  schemaVersion: 1,
  namespace: 'loan-eligibility',
  name: 'loan-eligibility',
  uid: 'f3d1',
  model: 'loan-eligibility',
  sequence: 1,
  at: '2026-01-01T00:00:00.000Z',
  reason: 'Promoted',
  message: 'version 1 serves',
  phase: 'Soaking',
};
/** Our own code calls AWS under the policies of the access stack. The emulators behind the proxies allow everything. */
describe('the IAM roles', () => {
  const directory = mkdtempSync(`${tmpdir()}/least-privilege-`);
  const resources = new AsyncDisposableStack();
  const proxies = new Map<Holder, EnforcingProxy>();
  const csv = Buffer.from(`${Object.keys(EXAMPLE_INPUT).join()}\n${Object.values(EXAMPLE_INPUT).join()}\n`);
  let account: JudgedAccount;
  let consumed: { polling: object; fanOut: object };
  let tool: Readonly<Record<string, ToolRun>>;
  let mlflow: MlflowCalls & { readonly storesDamaged: boolean };
  let printed: { read: string; scored: string; secret: string };
  let measured: number;

  beforeAll(async () => {
    account = await JudgedAccount.synthesize(directory);
    const s3 = resources.use(await S3Emulator.start(BUCKET, AUDIT_BUCKET));
    const world = resources.use(await ConsumerWorld.start({ shards: 0 }));
    world.fake.createStreams(1, ...Object.values(STREAM_NAMES), streamNameOf(AUDIT_STREAM));
    for (const holder of HOLDERS) {
      const emulators = { kinesis: world.fake.url, s3: s3.url };
      proxies.set(holder, resources.use(await account.proxy(account.given(holder), emulators)));
    }
    const [models] = await Promise.all([useMlflow(), useStreams(world), usePython(s3), useRollout()]);
    mlflow = models;
  }, START_MILLISECONDS);

  afterAll(async () => {
    await resources.disposeAsync();
    rmSync(directory, { recursive: true, force: true });
  }, START_MILLISECONDS);

  const operations = (holder: Holder) => [
    ...new Set(proxyOf(holder).calls.map(({ intent }) => intent.operation)),
  ];
  const proxyOf = (holder: Holder) => proxies.get(holder) as EnforcingProxy;

  async function useStreams(world: ConsumerWorld): Promise<void> {
    const environment = streamVariables(proxyOf('inference').url, BUCKET);
    consumed = {
      polling: await consume(world, { ...environment, OUTPUT_AGGREGATION: 'kpl' }),
      fanOut: await consume(world, { ...environment, READER: 'fan-out' }),
    };
    tool = await useStreamTool(world, streamVariables(proxyOf(STREAM_TOOL).url, BUCKET));
  }

  async function useMlflow(): Promise<typeof mlflow> {
    const proxy = proxyOf('mlflow');
    const server = resources.use(
      await startMlflow({
        directory: `${directory}/mlflow`,
        artifacts: `s3://${BUCKET}/mlflow`,
        environment: awsVariables(proxy.url),
      }),
    );
    const artifacts = new MlflowArtifacts(server.url);
    const calls = await artifacts.use();
    proxy.damaged = [`${account.place.bucket}/mlflow/1/run/artifacts/model/damaged.onnx`];
    return { ...calls, storesDamaged: await artifacts.putInParts('damaged.onnx') };
  }

  async function usePython(s3: S3Emulator): Promise<void> {
    const [data, input] = [`s3://${BUCKET}/data/a.csv`, `s3://${BUCKET}/scoring/in/a.csv`];
    for (const uri of [data, input]) await s3.put(uri, csv);
    const model = `${directory}/model`;
    mkdirSync(model);
    for (const [name, content] of loanArtifact()) writeFileSync(`${model}/${name}`, content);
    const outputs = ['a.csv', 'large.csv', 'damaged.csv'].map((name) => `s3://${BUCKET}/scoring/out/${name}`);
    const scoring = proxyOf('batch-scoring');
    scoring.damaged = [`${account.place.bucket}/scoring/out/damaged.csv`];
    const [read, scored] = await Promise.all([
      pythonCalls(proxyOf('training').url, 'training', data),
      pythonCalls(scoring.url, 'scoring', model, input, ...outputs),
    ]);
    const secret = await pythonCalls(
      proxyOf('external-secrets').url,
      'external-secrets',
      databaseSecretName(EVERY_USE),
    );
    printed = { read, scored, secret };
  }

  async function useRollout(): Promise<void> {
    const credentials = async () => ({ accessKeyId: 'emulator', secretAccessKey: 'emulator' });
    const post = new AuthorisedPost(
      { of: async () => ({ headers: {} }) },
      new AwsSigner(systemClock, async () => credentials),
    );
    const fetchSigned = await post.of({ type: 'sigv4', region: 'us-east-1' });
    const url = `${proxyOf('rollout').url}/workspaces/ws-0123/api/v1/query`;
    measured = (await fetchSigned(url, { method: 'POST', body: 'query=up' })).status;
    const endpoint = proxyOf('rollout').url;
    const sinks = auditSinks(
      {
        AUDIT_BUCKET,
        AUDIT_STREAM,
        AWS_REGION: EVERY_USE.region,
        KINESIS_ENDPOINT: endpoint,
        S3_ENDPOINT: endpoint,
      },
      { name: 'log', write: async () => {} },
    );
    for (const sink of sinks) {
      await sink.write(AUDIT_RECORD, new AbortController().signal);
      sink.close?.();
    }
  }

  test('let the consumer poll, aggregate its output, use fan-out, and store large payloads', () => {
    expect(proxyOf('inference').denied).toEqual([]);
    const done = { decisions: 1, deadLetters: 1 };
    expect(consumed).toEqual({ polling: done, fanOut: done });
    expect(operations('inference')).toEqual(
      expect.arrayContaining(['GetRecords', 'ListShards', 'PutObject', 'SubscribeToShard']),
    );
  });

  test('let MLflow store, read, list and delete files, and give up an upload in parts', () => {
    expect(proxyOf('mlflow').denied).toEqual([]);
    expect(mlflow).toMatchObject({
      read: '{}',
      list: { files: [{ path: 'model.onnx' }, { path: 'serving.json' }] },
      listAfterDeletion: {},
      storesDamaged: false,
    });
    expect(operations('mlflow')).toEqual(
      expect.arrayContaining(['CompleteMultipartUpload', 'AbortMultipartUpload', 'DeleteObjects']),
    );
  });

  test('let the training job read its data, and the scoring job read and write files', () => {
    expect([proxyOf('training').denied, proxyOf('batch-scoring').denied]).toEqual([[], []]);
    expect(printed.read).toBe(`${csv.length}\n`);
    expect(printed.scored).toMatch(/stored s3:.*large\.csv\nrefused s3:.*damaged\.csv/);
    expect(operations('batch-scoring')).toContain('AbortMultipartUpload');
  });

  test('let External Secrets read the password of the database', () => {
    expect([printed.secret, operations('external-secrets')]).toEqual(['read\n', ['GetSecretValue']]);
  });

  test('let the operator measure, and keep the audit record', () => {
    expect([measured, operations('rollout')]).toEqual([200, ['QueryMetrics', 'PutRecord', 'PutObject']]);
    expect(proxyOf('rollout').denied).toEqual([]);
  });

  test('let a person look, move a position, skip a record, and redrive dead letters', () => {
    expect(proxyOf(STREAM_TOOL).denied).toEqual([]);
    const codes = Object.entries(tool).map(([command, { code, said }]) => [
      command,
      code,
      code === 0 ? '' : said,
    ]);
    expect(codes).toEqual(['list', 'move', 'skip', 'redrive'].map((command) => [command, 0, '']));
    expect(operations(STREAM_TOOL)).toEqual(expect.arrayContaining(['PutObject', 'GetObject', 'PutRecords']));
  });

  test.each(HOLDERS)('give %s nothing that no call needs', (holder) => {
    const rights = rightsOf(holder);
    const calls = proxyOf(holder).allowed;
    const unneeded = smallerRights(rights, account.place).filter((smaller) => {
      const authority = account.holder(holder, [tablePolicy(smaller.rights, account.place)]);
      return calls.every((call) => authority.decide(call) === 'allowed');
    });
    expect(unneeded.map(({ without }) => without)).toEqual([]);
  });
});
