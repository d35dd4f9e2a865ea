/**
 * Creates the Kinesis streams that do not exist yet.
 *   streams <stream>:<shards>...
 * The endpoint comes from KINESIS_ENDPOINT, region and credentials from the usual places of the AWS SDK.
 */
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { parseConfig } from '../../services/shared/config.ts';
import { streamInstallSettings } from '../settings.ts';
import { ensureStream } from '../stack/streams.ts';

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
  for (const argument of process.argv.slice(2)) {
    const [name = '', shards] = argument.split(':');
    if (!(Number(shards) >= 1)) throw new Error(`${argument}: must be <stream>:<shards>`);
    const created = await ensureStream(client, name, Number(shards));
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
