import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { DeleteStreamCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { startKinesalite } from '../../../scripts/stack/kinesalite.ts';
import {
  EMULATOR_REGION,
  emulatorClient,
  emulatorCredentials,
} from '../../../scripts/stack/kinesis-endpoint.ts';
import { startKinesisLocal } from '../../../scripts/stack/kinesis-local.ts';
import { ensureStream } from '../../../scripts/stack/streams.ts';
import type { FanOutClientOptions } from '../../../services/stream/client/sdk-fan-out-client.ts';
import { KinesisFake } from '../kinesis-fake/kinesis-fake.ts';

/** A Kinesis, real or not, that is tested for the behaviour that the consumer relies on. */
export interface ConformanceServer extends AsyncDisposable {
  /** For the clients under test. */
  readonly options: FanOutClientOptions;
  /** For calls that only tests make. */
  readonly control: KinesisClient;
  /** @returns the name of a new, active stream */
  makeStream(shards: number): Promise<string>;
}

export interface ConformanceTarget {
  readonly name: string;
  /** Reason why this server cannot be tested here. */
  readonly unavailable?: string;
  readonly fanOut: boolean;
  /** False if the server knows streams only by name. */
  readonly arns: boolean;
  /** Time limit of one test. */
  readonly patienceMilliseconds: number;
  readonly start: () => Promise<ConformanceServer>;
}

const TIMEOUTS = { connectTimeoutMilliseconds: 5_000, requestTimeoutMilliseconds: 20_000 };
const PATIENCE_MILLISECONDS = 60_000;
const AWS_PATIENCE_MILLISECONDS = 10 * 60_000;

/** AWS is tested only if both are set. Ambient credentials do not suffice, because streams on AWS cost money. */
const { CONFORMANCE_AWS_STREAM: awsStream, CONFORMANCE_AWS_REGION: awsRegion } = process.env;

export const conformanceServers: readonly ConformanceTarget[] = [
  emulator('the fake', true, () => KinesisFake.start({ fanOut: { takeoverMilliseconds: 1_000 } })),
  emulator('kinesalite', false, (directory) => startKinesalite({ directory })),
  emulator('kinesis-local', true, (directory) => startKinesisLocal({ directory })),
  aws(),
];

/** The fake over HTTP/2, the only protocol of SubscribeToShard on AWS. */
export const fakeOverHttp2 = emulator(
  'the fake over HTTP/2',
  true,
  () => KinesisFake.start({ http2: true, fanOut: { takeoverMilliseconds: 1_000 } }),
  'http2',
);

function emulator(
  name: string,
  fanOut: boolean,
  run: (directory: string) => Promise<{ readonly url: string } & AsyncDisposable>,
  transport: 'http1' | 'http2' = 'http1',
): ConformanceTarget {
  const start = async () => {
    const directory = mkdtempSync(`${tmpdir()}/conformance-`);
    const server = await run(directory);
    const before = { ...process.env };
    Object.assign(process.env, emulatorCredentials);
    const control = transport === 'http2' ? http2Client(server.url) : emulatorClient(server.url);
    let streams = 0;
    return {
      options: { region: EMULATOR_REGION, endpoint: server.url, transport, ...TIMEOUTS },
      control,
      makeStream: async (shards: number) => {
        const stream = `conformance-${++streams}`;
        await ensureStream(control, stream, shards);
        return stream;
      },
      [Symbol.asyncDispose]: async () => {
        control.destroy();
        await server[Symbol.asyncDispose]();
        rmSync(directory, { recursive: true, force: true });
        for (const key of Object.keys(emulatorCredentials)) {
          if (before[key] === undefined) delete process.env[key];
          else process.env[key] = before[key];
        }
      },
    };
  };
  const arns = name !== 'kinesalite';
  return { name, fanOut, arns, patienceMilliseconds: PATIENCE_MILLISECONDS, start };
}

function http2Client(endpoint: string): KinesisClient {
  const credentials = { accessKeyId: 'emulator', secretAccessKey: 'emulator' };
  return new KinesisClient({ endpoint, region: EMULATOR_REGION, credentials });
}

/** Makes streams whose names begin with CONFORMANCE_AWS_STREAM, and deletes them at the end. */
function aws(): ConformanceTarget {
  const missing = 'CONFORMANCE_AWS_STREAM and CONFORMANCE_AWS_REGION are not set';
  const unavailable = awsStream === undefined || awsRegion === undefined ? missing : undefined;
  const start = async () => {
    const region = awsRegion ?? '';
    const control = new KinesisClient({ region });
    const streams: string[] = [];
    return {
      options: { region, ...TIMEOUTS },
      control,
      makeStream: async (shards: number) => {
        const stream = `${awsStream}-${Date.now()}`;
        streams.push(stream);
        await ensureStream(control, stream, shards);
        return stream;
      },
      [Symbol.asyncDispose]: async () => {
        for (const StreamName of streams) {
          await control.send(new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true }));
        }
        control.destroy();
      },
    };
  };
  return {
    name: unavailable ? `AWS (${unavailable})` : 'AWS',
    fanOut: true,
    arns: true,
    patienceMilliseconds: AWS_PATIENCE_MILLISECONDS,
    start,
    ...(unavailable ? { unavailable } : {}),
  };
}
