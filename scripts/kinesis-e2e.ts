/** Puts applications on the input stream and waits for the answer to each. See `--help`. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { z } from 'zod';
import { EXAMPLE_APPLICATION } from '../services/inference/http/operations/example-application.ts';
import { STREAM_NAMES } from '../services/shared/agreements/stream-names.ts';
import { parseConfig } from '../services/shared/config.ts';
import { type Entry, putAll } from './kinesis/put-all.ts';
import { StreamTail, type TailedRecord } from './kinesis/stream-tail.ts';
import { kinesisCheckSettings } from './settings.ts';

const HELP = `Usage: kinesis-e2e [options]

Puts one application, or a file of applications, on the input stream. Waits for the decision or the
dead letter of each. Exits with 0 if every application was answered, else with 1.

  --file PATH       JSON lines, each {"input": {...}, "request_id": "..."} (default: one application)
  --timeout SECONDS longest wait for all answers (default 30)
  --endpoint URL    Kinesis endpoint (default $KINESIS_ENDPOINT, else AWS)
  --region REGION   (default $AWS_REGION, else us-east-1)
  --input STREAM    (default $INPUT_STREAM, else ${STREAM_NAMES.input})
  --output STREAM   (default $OUTPUT_STREAM, else ${STREAM_NAMES.output})
  --rejects STREAM  (default $REJECT_STREAM, else ${STREAM_NAMES.rejects})
  --endpoints PATH  file of \`make local\` with the endpoint and the streams
  --help

Credentials come from the usual places of the AWS SDK. An emulator on this machine needs none.`;

const endpointsSchema = z.object({
  kinesis: z.string(),
  streams: z.object({ input: z.string(), output: z.string(), rejects: z.string() }),
  /** An application that the served model accepts. */
  application: z.string().optional(),
});

/** The part of an answer that is needed to find and to print it. */
const answerSchema = z.object({
  request_id: z.string().optional(),
  prediction: z.looseObject({ request_id: z.string(), probability: z.number().optional() }).optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  model_version: z.string().optional(),
  shard_id: z.string().optional(),
  sequence_number: z.string().optional(),
});

interface Application {
  readonly requestId: string;
  readonly data: Uint8Array;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      file: { type: 'string' },
      timeout: { type: 'string', default: '30' },
      endpoint: { type: 'string' },
      region: { type: 'string' },
      input: { type: 'string' },
      output: { type: 'string' },
      rejects: { type: 'string' },
      endpoints: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const timeoutSeconds = Number(values.timeout);
  if (!(timeoutSeconds > 0))
    throw new Error(`--timeout ${values.timeout}: must be a number of seconds above 0, for example 30`);
  const local = values.endpoints
    ? endpointsSchema.parse(JSON.parse(await readFile(values.endpoints, 'utf8')))
    : undefined;
  const settings = parseConfig(kinesisCheckSettings, {
    KINESIS_ENDPOINT: values.endpoint ?? local?.kinesis ?? process.env.KINESIS_ENDPOINT,
    AWS_REGION: values.region ?? process.env.AWS_REGION,
    INPUT_STREAM: values.input ?? local?.streams.input ?? process.env.INPUT_STREAM,
    OUTPUT_STREAM: values.output ?? local?.streams.output ?? process.env.OUTPUT_STREAM,
    REJECT_STREAM: values.rejects ?? local?.streams.rejects ?? process.env.REJECT_STREAM,
  });
  const endpoint = settings.KINESIS_ENDPOINT;
  const streams = {
    input: settings.INPUT_STREAM,
    output: settings.OUTPUT_STREAM,
    rejects: settings.REJECT_STREAM,
  };
  // The AWS SDK refuses to start without credentials. An emulator on this machine accepts any.
  const isEmulator = endpoint !== undefined && isLoopback(endpoint);
  const client = new KinesisClient({
    region: settings.AWS_REGION,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 5_000,
      requestTimeout: 20_000,
      throwOnRequestTimeout: true,
    }),
    ...(endpoint ? { endpoint } : {}),
    ...(isEmulator ? { credentials: { accessKeyId: 'emulator', secretAccessKey: 'emulator' } } : {}),
  });
  const applications = values.file
    ? await readApplications(values.file)
    : [application(exampleText(local?.application), 'the example')];
  return await exchange(client, streams, applications, timeoutSeconds);
}

/** Without the request id that the example may have, so that each call gets an id of its own. */
function exampleText(served: string | undefined): string {
  const { input } =
    served === undefined ? EXAMPLE_APPLICATION : z.object({ input: z.unknown() }).parse(JSON.parse(served));
  return JSON.stringify({ input });
}

function isLoopback(endpoint: string): boolean {
  return ['127.0.0.1', '[::1]', 'localhost'].includes(URL.parse(endpoint)?.hostname ?? '');
}

async function exchange(
  client: KinesisClient,
  streams: { readonly input: string; readonly output: string; readonly rejects: string },
  applications: readonly Application[],
  timeoutSeconds: number,
): Promise<number> {
  const tails = [
    await StreamTail.open(client, streams.output),
    await StreamTail.open(client, streams.rejects),
  ];
  const waiting = new Set(applications.map(({ requestId }) => requestId));
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  const answered = new AbortController();
  const signal = AbortSignal.any([timeout, answered.signal]);

  const sentAt = Date.now();
  const onRecord = (record: TailedRecord): void => {
    const answer = answerSchema.safeParse(parseJson(record.data));
    if (!answer.success) return;
    const { prediction, request_id, error } = answer.data;
    // A record that could not be read has no request id. Its dead letter has the record's partition key.
    const requestId = prediction?.request_id ?? request_id ?? (error && record.partitionKey);
    if (requestId === undefined || !waiting.delete(requestId)) return;
    console.log(describe(requestId, answer.data, record.arrivalMilliseconds - sentAt));
    if (waiting.size === 0) answered.abort();
  };
  const following = Promise.all(tails.map((tail) => tail.follow(onRecord, signal)));

  const entries = applications.map(({ requestId, data }): Entry => ({ partitionKey: requestId, data }));
  const receipts = await putAll(client, streams.input, entries, timeout);
  const [first] = receipts;
  console.error(
    `put ${receipts.length} on ${streams.input}, the first as ${first?.shardId} ${first?.sequenceNumber}`,
  );
  await following;

  if (waiting.size === 0) return 0;
  const some = [...waiting].slice(0, 5).join(', ');
  console.error(
    `no answer within ${timeoutSeconds} s for ${waiting.size} of ${applications.length}: ${some}\n` +
      `Is the inference service running, ready (/readyz) and reading ${streams.input}?`,
  );
  return 1;
}

function describe(
  requestId: string,
  answer: z.output<typeof answerSchema>,
  latencyMilliseconds: number,
): string {
  const where = `${answer.shard_id} ${answer.sequence_number}`;
  const latency = `${latencyMilliseconds} ms`;
  if (answer.error)
    return `${requestId}  dead-lettered  ${answer.error.code}: ${answer.error.message}  ${where}  ${latency}`;
  const { request_id: _, reasons: __, probability, ...decision } = answer.prediction ?? { request_id: '' };
  const said = Object.entries(decision).map(([name, value]) => `${name}=${value}`);
  return `${requestId}  ${said.join(' ')}  probability=${probability}  version=${answer.model_version}  ${where}  ${latency}`;
}

async function readApplications(path: string): Promise<Application[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new Error(`--file ${path} cannot be read: ${error.message}`);
  });
  const found = text
    .split(/\r?\n/)
    .flatMap((line, index) => (line.trim() === '' ? [] : [application(line, `${path} line ${index + 1}`)]));
  if (found.length === 0) throw new Error(`--file ${path} has no line with an application`);
  return found;
}

/** Characters of an invalid line that an error shows. */
const SHOWN_CHARACTERS = 60;

/** An application without a request id gets a random one. Without an id the answer could not be recognised. */
function application(line: string, source: string): Application {
  const envelope = z.looseObject({ request_id: z.union([z.string(), z.number()]).optional() });
  const parsed = envelope.safeParse(parseJson(line));
  if (!parsed.success) {
    const shown = line.slice(0, SHOWN_CHARACTERS);
    throw new Error(`${source} is ${shown}: it must be a JSON object {"input": {...}, "request_id": "..."}`);
  }
  const requestId = String(parsed.data.request_id ?? randomUUID());
  return { requestId, data: Buffer.from(JSON.stringify({ ...parsed.data, request_id: requestId })) };
}

function parseJson(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : new TextDecoder().decode(text));
  } catch {
    return undefined;
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const { name, message } = error as Error;
  const hint =
    name === 'CredentialsProviderError'
      ? '. For an emulator run `make local` first, or give its --endpoint. For AWS configure credentials'
      : '';
  console.error(`kinesis-e2e: ${message || name}${hint}`);
  process.exitCode = 1;
}
