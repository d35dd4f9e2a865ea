import { freePort } from './free-port.ts';
import { ready } from './kinesalite.ts';
import { EMULATOR_REGION, type KinesisEndpoint } from './kinesis-endpoint.ts';
import { ManagedProcess } from './managed-process.ts';
import { repositoryRoot } from './paths.ts';

export interface KinesisLocalOptions {
  /** Directory for the log. */
  readonly directory: string;
}

/** Starts kinesis-local (kinesis-mock). It reshards with ChildShards and has fan-out, as AWS does, but it is slow. */
export async function startKinesisLocal(options: KinesisLocalOptions): Promise<KinesisEndpoint> {
  const [plainPort, tlsPort] = [await freePort(), await freePort()];
  const home = `${repositoryRoot}/node_modules/kinesis-local`;
  const server = new ManagedProcess({
    name: 'kinesis-local',
    command: process.execPath,
    arguments: ['--require', `${repositoryRoot}/scripts/stack/listen-on-loopback.cjs`, `${home}/main.js`],
    environment: {
      KINESIS_MOCK_CERT_PATH: `${home}/server.json`,
      KINESIS_MOCK_PLAIN_PORT: String(plainPort),
      KINESIS_MOCK_TLS_PORT: String(tlsPort),
      CREATE_STREAM_DURATION: '50ms',
      SPLIT_SHARD_DURATION: '50ms',
      MERGE_SHARDS_DURATION: '50ms',
      UPDATE_SHARD_COUNT_DURATION: '50ms',
      DELETE_STREAM_DURATION: '50ms',
      REGISTER_STREAM_CONSUMER_DURATION: '50ms',
      AWS_REGION: EMULATOR_REGION,
      LOG_LEVEL: 'WARN',
      SHARD_LIMIT: '100',
    },
    logFile: `${options.directory}/kinesis-local.log`,
  });
  return ready(server, plainPort);
}
