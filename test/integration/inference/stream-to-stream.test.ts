import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { putAll } from '../../../scripts/kinesis/put-all.ts';
import { StreamTail, type TailedRecord } from '../../../scripts/kinesis/stream-tail.ts';
import { type Inference, startInference } from '../../../scripts/stack/inference.ts';
import { startKinesalite } from '../../../scripts/stack/kinesalite.ts';
import { emulatorClient, type KinesisEndpoint } from '../../../scripts/stack/kinesis-endpoint.ts';
import { ensureStream } from '../../../scripts/stack/streams.ts';
import { deadLetterRecordSchema } from '../../../services/shared/agreements/dead-letter-record.ts';
import { decisionRecordSchema } from '../../../services/shared/agreements/decision-record.ts';
import { STREAM_NAMES } from '../../../services/shared/agreements/stream-names.ts';
import { ModelRegistry } from '../../../services/shared/mlflow/model-registry.ts';
import { EXAMPLE_INPUT, loanArtifact } from '../../support/model/loan-model.ts';
import { registerVersion } from '../../support/register-version.ts';
import { sharedMlflow } from '../../support/shared-servers.ts';
import { until } from '../../support/until.ts';

const START_MILLISECONDS = 240_000;

/** The service as a process of its own, between real streams of an emulator and a real MLflow. */
describe('from the input stream', () => {
  const directory = mkdtempSync(join(tmpdir(), 'stream-to-stream-'));
  const stopping = new AbortController();
  const decisions: TailedRecord[] = [];
  const rejects: TailedRecord[] = [];
  let kinesis: KinesisEndpoint;
  let service: Inference;
  let tails: Promise<unknown>;

  beforeAll(async () => {
    const [mlflowUrl, endpoint] = await Promise.all([sharedMlflow(), startKinesalite({ directory })]);
    kinesis = endpoint;
    const name = 'loan-eligibility';
    const files = loanArtifact({ missingCategory: 'code' });
    const version = await registerVersion(mlflowUrl, { name, files });
    await new ModelRegistry({ url: mlflowUrl }).setAlias(name, 'champion', version);
    const client = emulatorClient(kinesis.url);
    for (const stream of Object.values(STREAM_NAMES)) await ensureStream(client, stream, 2);
    const output = await StreamTail.open(client, STREAM_NAMES.output);
    const deadLetters = await StreamTail.open(client, STREAM_NAMES.rejects);
    tails = Promise.all([
      output.follow((record) => decisions.push(record), stopping.signal),
      deadLetters.follow((record) => rejects.push(record), stopping.signal),
    ]);
    const urls = { mlflowUrl, kinesisUrl: kinesis.url };
    service = await startInference({ directory, ...urls, streams: STREAM_NAMES });
    await service.ready(60_000);
    await putAll(
      client,
      STREAM_NAMES.input,
      [
        { input: EXAMPLE_INPUT, request_id: '12345' },
        { input: { ...EXAMPLE_INPUT, Gender: 'x' }, request_id: 'bad' },
        { input: { ApplicantIncome: 100 }, request_id: 'sparse' },
      ].map((application) => ({
        partitionKey: application.request_id,
        data: Buffer.from(JSON.stringify(application)),
      })),
    );
    await until('every record came out', () => decisions.length === 2 && rejects.length === 1, 60_000);
  }, START_MILLISECONDS);

  afterAll(async () => {
    stopping.abort();
    await tails;
    await service?.stop();
    await kinesis?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, START_MILLISECONDS);

  const decisionOf = (requestId: string) => {
    const record = decisions.find((it) => it.partitionKey === requestId);
    return decisionRecordSchema.parse(JSON.parse(Buffer.from(record?.data ?? []).toString()));
  };

  test("the predecessor's example gives a record whose old fields have the old names and types", () => {
    expect(decisionOf('12345')).toMatchObject({
      model: 'loan-eligibility',
      model_version: '1',
      prediction: { approved: true, request_id: '12345' },
    });
  });

  test('an application with missing values is decided', () => {
    expect(decisionOf('sparse').prediction).toMatchObject({ approved: expect.any(Boolean) });
  });

  test('a bad record goes to the dead letters, naming field, value and rule', () => {
    const deadLetter = JSON.parse(Buffer.from(rejects[0]?.data ?? []).toString());
    expect(deadLetterRecordSchema.parse(deadLetter)).toMatchObject({
      request_id: 'bad',
      stream: STREAM_NAMES.input,
      error: {
        code: 'unknown_category',
        field: 'Gender',
        message: 'Gender is "x": it must be one of "Female", "Male"',
      },
    });
  });

  test('the service names its streams as a dependency that is well', async () => {
    const { dependencies } = (await (await fetch(`${service.url}/readyz`)).json()) as {
      dependencies: Record<string, unknown>;
    };
    expect(dependencies).toEqual({
      registry: { state: 'ok' },
      model: { state: 'ok' },
      kinesis: { state: 'ok' },
    });
  });
});
