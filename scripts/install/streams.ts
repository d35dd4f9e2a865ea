/**
 * Creates the Kinesis streams that do not exist yet.
 *   streams <stream>:<shards>...
 * The endpoint comes from KINESIS_ENDPOINT, region and credentials from the usual places of the AWS SDK.
 */
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { parseConfig } from '../../services/shared/config.ts';
import { parseStream } from '../../services/shared/stream-reference.ts';
import { streamInstallSettings } from '../settings.ts';
import { ensureStream } from '../stack/streams.ts';

interface WantedStream {
  readonly name: string;
  readonly shards: number;
}

function wantedStreams(texts: readonly string[]): WantedStream[] {
  const streams = texts.map(wantedStream);
  const twice = streams.find(({ name }, index) => streams.findIndex((other) => other.name === name) < index);
  if (twice !== undefined)
    throw new Error(
      `${twice.name} is given twice: applications, decisions and dead letters need streams of their own`,
    );
  return streams;
}

function wantedStream(text: string): WantedStream {
  if (text.startsWith('arn:'))
    throw new Error(
      `${text}: a stream of another account cannot be created from here, so its owner creates it`,
    );
  const [name = '', shards, ...rest] = text.split(':');
  if (rest.length > 0 || parseStream(name) === undefined || !(Number(shards) >= 1))
    throw new Error(`${text}: must be <stream>:<shards>`);
  return { name, shards: Number(shards) };
}

async function main(): Promise<void> {
  const { KINESIS_ENDPOINT: endpoint } = parseConfig(streamInstallSettings, process.env);
  const client = new KinesisClient({
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 5_000,
      requestTimeout: 20_000,
      throwOnRequestTimeout: true,
    }),
    ...(endpoint ? { endpoint } : {}),
  });
  for (const { name, shards } of wantedStreams(process.argv.slice(2))) {
    const created = await ensureStream(client, name, shards);
    console.log(
      created ? `${name}: created with ${shards} shards` : `${name}: existed before, left unchanged`,
    );
  }
  client.destroy();
}

try {
  await main();
} catch (error) {
  console.error(`streams: ${(error as Error).message || (error as Error).name}`);
  process.exitCode = 1;
}
